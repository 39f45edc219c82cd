"""Sends a job for each arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobload.load.users.arrival_user import ArrivalUser
from jobload.load.users.workload import Workload, label
from jobload.measure.stage_record import StageRecord
from jobload.plan.scenario import Scenario

if TYPE_CHECKING:
    from jobload.load.http.reply import Reply


class JobSubmitter(ArrivalUser):
    """Posts a job for each arrival, or whatever method, endpoint and payload the scenario names."""

    @classmethod
    def labels(cls, scenario: Scenario) -> tuple[str, ...]:
        return (label(scenario),)

    def prepare(self, workload: Workload) -> None:
        self._render = workload.requests(self.number, self.key_start).render
        self._method = workload.scenario.method
        self._label = label(workload.scenario)

    def perform(self, intended_s: float, stage: StageRecord) -> None:
        request = self._render(self.keys + 1)
        self.keys += 1
        reply = None
        try:
            reply = self.operate(intended_s, stage, self._method, self._label, request)
        finally:
            if reply is None:
                self.unacknowledged.append(self.keys)
        if reply is not None:
            self.acknowledged(reply, intended_s, stage)

    def acknowledged(self, reply: Reply, intended_s: float, stage: StageRecord) -> None:
        """The job was taken; for subclasses that do more with it."""
