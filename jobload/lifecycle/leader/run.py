"""One run, from the first tick to the verdict: what the master knows of it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from time import perf_counter
from typing import Literal

from gevent.event import Event
from msgspec.structs import replace

from jobload.judge.checks.window_log import WindowLog
from jobload.lifecycle.leader.stage_sequence import StageSequence, sequence_of
from jobload.lifecycle.options import RunSetup
from jobload.load.process.state import Phase, State
from jobload.measure.bounds import Bounds
from jobload.measure.collector import Collector
from jobload.measure.figures import (
    EndReason,
    RunFigures,
    ScenarioFigures,
    StageFigures,
    stage_figures,
)
from jobload.measure.ledger import Audit
from jobload.measure.snapshot import StageKey
from jobload.plan.profile import starts_s, total_s
from jobload.plan.scenario import Scenario
from jobload.plan.stage import Stage
from jobload.report.result.model import Result

EARLY_S = 0.002
"""A timer of the event loop may ring so much before its time."""


def new_run_id() -> str:
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


class Run:
    """All times are seconds since the run began. `over` is set when its verdict stands."""

    def __init__(self, setup: RunSetup, host: str, mode: Literal["local", "distributed"]) -> None:
        self.id = new_run_id()
        self.setup = setup
        self.host = host
        self.target_version = setup.target_version
        self.mode: Literal["local", "distributed"] = mode
        self.started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._zero_s = perf_counter()
        self.phase: Phase = "prepare"
        self.position = -1
        self.stage_index = 0
        self.sequences: list[StageSequence] = []
        """Of the scenarios that have begun."""
        self.scenario_began_s = 0.0
        self.times: dict[StageKey, tuple[float, float]] = {}
        self.collector = Collector(self.id, Bounds(self.times))
        self.window_log = WindowLog()
        self.ended_early: dict[int, str] = {}
        self.ended_by: dict[int, str] = {}
        self.crashes: list[str] = []
        self.audits: dict[int, Audit] = {}
        self.seq = 0
        self.drained = True
        """Nothing is in flight, and the next scenario may begin."""
        self.drain_s = 0.0
        self.interrupted = False
        self.finishing = False
        self.end_reason: EndReason = "completed"
        self.end_detail = ""
        self.over = Event()
        self.result: Result | None = None
        """What was reported, once the verdict stands."""

    @property
    def elapsed_s(self) -> float:
        return perf_counter() - self._zero_s

    @property
    def scenario(self) -> Scenario:
        return self.setup.scenarios[self.position]

    @property
    def sequence(self) -> StageSequence:
        return self.sequences[self.position]

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those of the scenario that runs, as far as they are known."""
        return self.sequence.stages

    @property
    def stage(self) -> Stage:
        return self.stages[self.stage_index]

    @property
    def in_scenario_s(self) -> float:
        return self.elapsed_s - self.scenario_began_s

    @property
    def is_last_scenario(self) -> bool:
        return self.position == len(self.setup.scenarios) - 1

    @property
    def longest_drain_s(self) -> float:
        return max(scenario.drain_s for scenario in self.setup.scenarios)

    @property
    def next_scenario(self) -> Scenario:
        return self.setup.scenarios[self.position + 1]

    @property
    def awaits_scenario(self) -> bool:
        return self.phase != "load" and self.drained

    def say(self) -> State:
        """Where the run stands, as the next numbered word to all processes."""
        self.seq += 1
        self.said = State(
            run_id=self.id,
            seq=self.seq,
            phase=self.phase,
            position=max(self.position, 0),
            stage=self.stage_index,
            elapsed_s=self.elapsed_s,
            rate_per_user=self.stage.rate_per_user if self.sequences else None,
            drain_s=self.drain_s,
            interrupted=self.interrupted,
        )
        return self.said

    def say_again(self) -> State:
        """The last word, with what the clock shows now: others set theirs by each they hear."""
        self.said = replace(self.said, elapsed_s=self.elapsed_s)
        return self.said

    def begin_scenario(self) -> None:
        self.position += 1
        self.sequences.append(sequence_of(self.scenario))
        self.drained = False
        self.scenario_began_s = self.elapsed_s
        self.enter_stage(0)

    def enter_stage(self, index: int) -> None:
        self.leave_stage()
        self.phase = "load"
        self.stage_index = index
        now_s = self.elapsed_s
        self.times[(self.position, index)] = (now_s, now_s)

    def leave_stage(self) -> None:
        """Notes the end of the stage that runs, if one does."""
        if self.phase == "load":
            key = (self.position, self.stage_index)
            self.times[key] = (self.times[key][0], self.elapsed_s)

    def begin_drain(self, phase: Phase, drain_s: float) -> None:
        self.leave_stage()
        self.phase = phase
        self.drain_s = drain_s

    def end(self, reason: EndReason, detail: str) -> None:
        self.finishing = True
        self.end_reason, self.end_detail = reason, detail
        self.interrupted = reason not in ("completed", "aborted")
        self.begin_drain("end", self.longest_drain_s if self.position >= 0 else 0.0)

    def stage_ends_s(self, index: int) -> float:
        """When a stage of the scenario that runs ends, counted from the start of the scenario."""
        return starts_s(self.stages)[index + 1]

    def scenario_is_over(self) -> bool:
        return self.sequence.is_complete and self.in_scenario_s >= total_s(self.stages) - EARLY_S

    def add_crash(self, sentence: str) -> None:
        if sentence not in self.crashes:
            self.crashes.append(sentence)

    def live_stage(self) -> StageFigures:
        """The figures so far of the stage that runs."""
        return self._figures((self.position, self.stage_index))

    def live_stages(self) -> list[StageFigures]:
        """The same of all stages of the scenario that have begun."""
        return [self._figures(key) for key in sorted(self.times) if key[0] == self.position]

    def live_scenario(self) -> ScenarioFigures:
        return self._scenario(self.position)

    def figures(self) -> RunFigures:
        crashes = [*self.crashes]
        for view in self.collector.workers.values():
            if view.newest is not None:
                crashes += [c for c in view.newest.crashes if c not in crashes]
        return RunFigures(
            run_id=self.id,
            started_at=self.started_at,
            duration_s=self.elapsed_s,
            host=self.host,
            mode=self.mode,
            end_reason=self.end_reason,
            end_detail=self.end_detail,
            collector=self.collector,
            scenarios=[self._scenario(position) for position in range(self.position + 1)],
            profile_only=self.setup.profile_only,
            crashes=crashes,
        )

    def _scenario(self, position: int) -> ScenarioFigures:
        scenario = self.setup.scenarios[position]
        names = [each.name for each in self.setup.scenarios[: position + 1]]
        keys = sorted(key for key in self.times if key[0] == position)
        return ScenarioFigures(
            position=position,
            repetition=names.count(scenario.name),
            scenario=scenario,
            stages=[self._figures(key) for key in keys],
            ended_early=self.ended_early.get(position),
            ended_by=self.ended_by.get(position),
            audit=self.audits.get(position),
            search=self.sequences[position].search,
        )

    def _figures(self, key: StageKey) -> StageFigures:
        began_s, ended_s = self.times[key]
        if self.phase == "load" and key == (self.position, self.stage_index):
            ended_s = self.elapsed_s
        stage = self.sequences[key[0]].stages[key[1]]
        return stage_figures(self.collector, key, stage, began_s, ended_s)
