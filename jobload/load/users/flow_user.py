"""Does what the steps of a scenario say."""

from __future__ import annotations

from jobload.load.flow.user_flow import UserFlow
from jobload.load.users.operation import Operation
from jobload.load.users.operation_user import OperationUser
from jobload.load.users.workload import Workload
from jobload.measure.stage_record import StageRecord
from jobload.plan.scenario import Scenario


class FlowUser(OperationUser):
    """The steps of the scenario, or of one of its flows, for each arrival."""

    @classmethod
    def labels(cls, scenario: Scenario) -> tuple[str, ...]:
        return scenario.labels_of_steps

    def prepare(self, workload: Workload) -> None:
        assert workload.flows is not None
        self._flow = UserFlow(self, workload.flows, workload.data)

    def perform(self, intended_s: float, stage: StageRecord) -> None:
        flow = self._flow
        name = flow.choose()
        flow.take_rows(is_planned=self.agent.dispatcher.has_rate)
        operation = Operation(self, intended_s, stage, name)
        self.carry_out(operation, flow.run)
