"""A whole run in virtual time: agents, users, dispatchers, collector and judge are the real ones.

Only the sockets are not: a target is a function of the time at which it is asked. Each process has
its own clock, on which it stands still or is busy as it is told; what the master hears of them is
put together afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from one_process import OneProcess
from virtual_time import VirtualTime, virtual_time

from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.judge.verdict import ScenarioVerdict, judge
from jobload.load.http.http_error import ErrorKind, HttpError
from jobload.load.http.reply import Reply
from jobload.load.users.job_submitter import JobSubmitter
from jobload.measure.collector import Collector
from jobload.measure.figures import RunFigures, ScenarioFigures, stage_figures
from jobload.measure.snapshot import Snapshot
from jobload.measure.stage_record import StageRecord
from jobload.plan.scenario import Scenario

CLOCKS = (
    "load.users.arrival_user",
    "load.users.locust_feed",
    "load.users.request_course",
    "load.users.tally",
    "load.process.cpu_meter",
    "load.process.loading_users",
    "load.process.process_run",
    "load.process.reporter",
    "measure.recorder",
)
"""Modules of jobload that read the clock, besides those of `virtual_time`."""
STEP_S, ROUNDING_S = 0.02, 1e-6
OWN_COST_S = 0.00005
"""Of CPU time, for each request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Times from when it was asked; no `after_s`: never."""

    after_s: float | None
    status: int = 201
    connecting_s: float | None = None


Target = Callable[[float], Answer]
"""What it answers to a request of a second of the run."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Each operation takes the process `burn_s`, of which others have the core for the share
    `shared`; every second from `first_s` on it stands still for `block_s`."""

    burn_s: float = 0.0
    block_s: float = 0.0
    first_s: float = 1.3
    shared: float = 0.0


class VirtualClient:
    def __init__(
        self,
        time: VirtualTime,
        zero_s: float,
        target: Target,
        on_connected: Callable[[float], None],
    ) -> None:
        self._time = time
        self._on_connected = on_connected
        self._zero_s = zero_s
        self._target = target

    def exchange(
        self, request: bytes, timeout_s: float, *, expect_body: bool = True, began_s: float = 0.0
    ) -> Reply:
        time = self._time
        sent_s = time.now_s
        answer = self._target(sent_s - self._zero_s)
        after_s = timeout_s if answer.after_s is None else min(answer.after_s, timeout_s)
        if answer.connecting_s is not None:
            self._on_connected(answer.connecting_s)
        time.sleep(after_s)
        if answer.after_s is None or answer.after_s > timeout_s:
            error = HttpError(ErrorKind.TIMEOUT, "no complete reply in time")
            error.after_s = timeout_s
            raise error
        reply = Reply(answer.status, b'{"id": "1"}', b"")
        reply.read_s, reply.target_s = time.now_s, after_s
        reply.lag_s = max(0.0, time.now_s - sent_s - after_s)
        return reply

    def close(self) -> None: ...


class NeverSet:
    """Nobody interrupts the run; the pauses of its users are virtual, too."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time

    def is_set(self) -> bool:
        return False

    def wait(self, seconds: float) -> bool:
        self._time.sleep(seconds)
        return False


class _Process:
    """One that makes load, from the first stage to its last word."""

    def __init__(
        self, time: VirtualTime, scenario: Scenario, target: Target, index: int, of: int
    ) -> None:
        self.time, self.zero_s, self.cpu_s = time, time.now_s, 0.0
        self.disturbance = Disturbance()
        self._scenario, self._index, self._of = scenario, index, of
        self._target = target
        self._reported_s = 0

    def run(self, disturbance: Disturbance) -> Sequence[Snapshot]:
        self.disturbance = disturbance
        self._block_s = disturbance.first_s + self._index * 0.37
        process = OneProcess(
            "http://127.0.0.1:1", self._scenario, worker=f"w{self._index}", index=self._index
        )
        process.run.reporter.stop()
        process.agent.interrupted = NeverSet(self.time)  # type: ignore[assignment]  # an Event's double
        stages = self._scenario.stages()
        for _ in range(stages[0].users // self._of):
            process.add(self._user_class())
        end_s = 0.0
        for number, stage in enumerate(stages):
            process.say("load", 0, number, elapsed_s=self.elapsed_s)
            self.time.settle()
            end_s += stage.duration_s
            self._pass_until(end_s, process)
        process.agent.dispatcher.soon(process.run._leave_stage)
        self.time.settle()
        self._pass_until(end_s + self._scenario.drain_s + 1.5, process)
        process.end()
        return process.sent

    @property
    def elapsed_s(self) -> float:
        return self.time.now_s - self.zero_s

    def _pass_until(self, end_s: float, process: OneProcess) -> None:
        """In short steps: a busy process would else go on beyond the end."""
        while (now_s := self.elapsed_s) < end_s - ROUNDING_S:
            until_s = min(end_s, now_s + STEP_S, self._reported_s + 1, self._next_block_s)
            self.time.pass_by(max(0.0, until_s - now_s))
            now_s = self.elapsed_s + ROUNDING_S
            if now_s >= self._next_block_s:
                self._block_s += 1.0
                self.time.block(self.disturbance.block_s)
            if now_s >= self._reported_s + 1:
                self._reported_s = int(now_s)
                process.run.reporter._looked_s = self.time.now_s
                self.time.pass_by(0.0)
                process.agent.report()

    @property
    def _next_block_s(self) -> float:
        return self._block_s if self.disturbance.block_s else float("inf")

    def process_time(self) -> float:
        return self.cpu_s

    def client(
        self, _: object, on_connected: Callable[[float], None], on_lack: object
    ) -> VirtualClient:
        return VirtualClient(self.time, self.zero_s, self._target, on_connected)

    def _user_class(self) -> type[JobSubmitter]:
        process = self

        class BusySubmitter(JobSubmitter):
            def perform(self, intended_s: float, stage: StageRecord) -> None:
                cost_s = OWN_COST_S + process.disturbance.burn_s
                process.cpu_s += cost_s * (1 - process.disturbance.shared)
                process.time.now_s += cost_s
                super().perform(intended_s, stage)

        return BusySubmitter


@contextmanager
def _process(scenario: Scenario, target: Target, index: int, of: int) -> Iterator[_Process]:
    with virtual_time() as time, ExitStack() as stack:
        process = _Process(time, scenario, target, index, of)
        # It listens in real time, of which a busy machine may take seconds for a run.
        stack.enter_context(mock.patch("jobload.load.process.silence_watch.SilenceWatch.hear"))
        for module in CLOCKS:
            stack.enter_context(mock.patch(f"jobload.{module}.perf_counter", time.perf_counter))
        stack.enter_context(
            mock.patch("jobload.load.process.cpu_meter.process_time", process.process_time)
        )
        stack.enter_context(
            mock.patch("jobload.load.users.arrival_user.client_for", process.client)
        )
        # By Locust alone, as is usual: else it would be told of each request by itself.
        stack.enter_context(mock.patch("jobload.load.users.locust_feed.LocustFeed.is_heard", False))
        yield process


def virtual_run(
    scenario: Scenario,
    target: Target,
    checks: Sequence[Mapping[str, Any]] = (),
    disturbance: Disturbance = Disturbance(),
    processes: int = 1,
) -> tuple[ScenarioVerdict, RunFigures]:
    figures = virtual_figures(scenario, target, disturbance, processes)
    return judged(figures, checks), figures


def virtual_figures(
    scenario: Scenario, target: Target, disturbance: Disturbance, processes: int
) -> RunFigures:
    """`users` of the scenario's stages are all the same, and `processes` share them equally."""
    collector = Collector("run")
    told: list[Snapshot] = []
    for index in range(processes):
        collector.enroll(f"w{index}", 0.0)
        with _process(scenario, target, index, processes) as process:
            told += process.run(disturbance)
    for snapshot in sorted(told, key=lambda each: each.seq):
        collector.take(snapshot, snapshot.second + 1.0)
    return _figures(scenario, collector)


def judged(figures: RunFigures, checks: Sequence[Mapping[str, Any]]) -> ScenarioVerdict:
    """Of one run, as often as one likes: to judge takes a hundredth of the time to play it."""
    (played,) = figures.scenarios
    scenario = played.scenario
    limits = load_threshold_file(
        "thresholds.yaml", {scenario.name: scenario}, text=_text(scenario.name, checks)
    )
    return judge(figures, limits).scenarios[0]


def _text(name: str, checks: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({"scenarios": {name: list(checks)}})


def _figures(scenario: Scenario, collector: Collector) -> RunFigures:
    stages, began_s = [], 0.0
    for number, stage in enumerate(scenario.stages()):
        ended_s = began_s + stage.duration_s
        stages.append(stage_figures(collector, (0, number), stage, began_s, ended_s))
        began_s = ended_s
    return RunFigures(
        run_id="run",
        started_at="2026-11-22T11:05:00.000+00:00",
        duration_s=began_s,
        host="http://127.0.0.1:1",
        mode="local" if len(collector.workers) == 1 else "distributed",
        end_reason="completed",
        end_detail="",
        collector=collector,
        scenarios=[ScenarioFigures(0, 1, scenario, stages)],
    )
