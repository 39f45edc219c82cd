"""jobload's whole pipeline: agent, dispatcher, users, client, recorder, snapshots, collector."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, time_ns
from typing import Any

from locust import User

from bench import flow
from bench.load import Load
from bench.locust_generator import Generator
from jobload.load.http.origin import Origin
from jobload.load.process.agent import Agent, attach
from jobload.load.process.assignment import Assignment
from jobload.load.process.state import State
from jobload.load.rows.hand_out import HandOut
from jobload.load.rows.messages import Wanted
from jobload.load.users.flow_user import FlowUser
from jobload.load.users.job_submitter import JobSubmitter
from jobload.load.users.locust_feed import LocustFeed
from jobload.measure.collector import Collector
from jobload.measure.snapshot import Snapshot
from jobload.measure.stage_record import StageRecord
from jobload.plan.flow.row_supply import read_tables
from jobload.plan.scenario import Scenario, load_scenario

WORKER = "local"
DRAIN_S = 2.0


class JobloadGenerator(Generator):
    def __init__(self, load: Load) -> None:
        super().__init__(load)
        self._run_id = f"bench-{time_ns()}"  # the keys of its operations begin with it
        self._collector = Collector(self._run_id)
        self._collector.enroll(WORKER, 0.0)
        self._agent = Agent(
            WORKER,
            lambda: 0,
            self._collect,
            LocustFeed(self.environment),
            ask_for_rows=self._hand_rows,
        )
        self._seq = 0
        attach(self.environment, self._agent)

    def user_class(self) -> type[User]:
        if self.load.steps:
            return FlowUser
        if self.load.rate is None:
            return JobSubmitter
        note = self.starts.append

        class NotingSubmitter(JobSubmitter):
            def perform(self, intended_s: float, stage: StageRecord) -> None:
                note(intended_s)
                note(perf_counter())
                super().perform(intended_s, stage)

        return NotingSubmitter

    def begin(self) -> None:
        self._began_s = perf_counter()
        origin = Origin.parse(self.load.url)
        with TemporaryDirectory(prefix="jobload-bench-") as folder:
            scenario = _scenario(self.load, Path(folder))
            self._hand_out = HandOut(self._run_id, [scenario], read_tables([scenario]))
        outlines = self._hand_out.outlines
        self._agent.begin(Assignment(self._run_id, origin, (scenario,), outlines=outlines), {})

    def _hand_rows(self, wanted: Wanted) -> None:
        for _, answer in self._hand_out.wanted(WORKER, wanted):
            self._agent.hear_rows(answer)

    def pulse(self) -> None:
        self._seq += 1
        elapsed_s = perf_counter() - self._began_s
        each = self.load.rate / self.load.users if self.load.rate else None
        self._agent.follow(State(self._run_id, self._seq, "load", 0, 0, elapsed_s, each))

    def ended(self) -> tuple[int, int]:
        assert self._agent.run is not None
        self._agent.run.flush()
        whole = self._record.requests()
        return whole.succeeded + whole.failed, whole.failed

    def end(self) -> int:
        self._agent.finish(DRAIN_S)
        record = self._record
        if record.started + record.missed != record.offered or record.in_flight:
            raise RuntimeError(f"the accounts do not balance: {record}")
        return record.missed

    @property
    def _record(self) -> StageRecord:
        return self._agent.recorder.stages[0, 0]

    def _collect(self, snapshot: Snapshot) -> None:
        self._collector.take(snapshot, perf_counter() - self._began_s)


def _scenario(load: Load, folder: Path) -> Scenario:
    stage: dict[str, Any] = {"name": "hold", "duration": "1h", "users": load.users}
    if load.rate is not None:
        stage["rate"] = load.rate
    if load.steps:
        return load_scenario(
            {
                "name": "bench",
                "shape": "staged",
                "data": {flow.SOURCE: {"file": str(flow.write_rows(folder))}},
                "steps": flow.steps(load.path, load.payload_bytes, load.steps),
                "stages": [stage],
            }
        )
    return load_scenario(
        {
            "name": "bench",
            "shape": "staged",
            "endpoint": load.path,
            "payload_bytes": load.payload_bytes,
            "expect": {"status": ["200-399"]},
            "stages": [stage],
        }
    )
