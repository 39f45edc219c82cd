"""One run, from the first tick to the verdict: what the master knows of it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from time import perf_counter
from typing import Literal

from gevent.event import Event
from msgspec.structs import replace

from jobload.judge.checks.window_log import WindowLog
from jobload.lifecycle.leader.run_state import RunState
from jobload.lifecycle.leader.scenario_run import ScenarioRun
from jobload.lifecycle.leader.stage_sequence import StageSequence, sequence_of
from jobload.lifecycle.run_setup import RunSetup
from jobload.load.process.state import Phase, State
from jobload.load.rows.hand_out import HandOut
from jobload.measure.bounds import Bounds
from jobload.measure.collector import Collector
from jobload.measure.figures import (
    EndReason,
    RunFigures,
    ScenarioFigures,
    StageFigures,
    stage_figures,
)
from jobload.measure.observed_series import series_for
from jobload.measure.snapshot import StageKey
from jobload.plan.scenario import Scenario
from jobload.plan.stage import Stage
from jobload.report.result.model import Result


def new_run_id() -> str:
    """In the order of their starts, also within a second."""
    now = datetime.now(UTC)
    part_of_second = now.microsecond * 256 // 1_000_000
    return f"{now:%Y%m%d-%H%M%S}-{part_of_second:02x}{secrets.token_hex(2)}"


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
        self.state = RunState()
        self.begun: list[ScenarioRun] = []
        """The scenarios that have begun, in order."""
        self.times: dict[StageKey, tuple[float, float]] = {}
        names = {n: each.told_names for n, each in enumerate(setup.scenarios)}
        self.collector = Collector(self.id, Bounds(self.times, names))
        self.hand_out = HandOut(self.id, setup.scenarios, setup.tables)
        self.window_log = WindowLog()
        self.observed = series_for(setup.observe)
        self.crashes: list[str] = []
        self.notes: list[str] = []
        self.seq = 0
        self.over = Event()
        self.result: Result | None = None
        """What was reported, once the verdict stands."""

    @property
    def began_unix_s(self) -> float:
        return datetime.fromisoformat(self.started_at).timestamp()

    @property
    def elapsed_s(self) -> float:
        return perf_counter() - self._zero_s

    @property
    def phase(self) -> Phase:
        return self.state.phase

    @property
    def position(self) -> int:
        return self.state.position

    @property
    def stage_index(self) -> int:
        return self.state.stage

    @property
    def finishing(self) -> bool:
        return self.state.is_ending

    @property
    def current(self) -> ScenarioRun:
        return self.begun[self.position]

    @property
    def scenario(self) -> Scenario:
        return self.current.scenario

    @property
    def sequence(self) -> StageSequence:
        return self.current.sequence

    @property
    def _key(self) -> StageKey:
        return self.position, self.stage_index

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those of the scenario that runs, as far as they are known."""
        return self.sequence.stages

    @property
    def stage(self) -> Stage:
        return self.stages[self.stage_index]

    @property
    def in_scenario_s(self) -> float:
        return self.elapsed_s - self.current.began_s

    @property
    def is_last_scenario(self) -> bool:
        return self.position == len(self.setup.scenarios) - 1

    @property
    def longest_drain_s(self) -> float:
        return max(scenario.drain_s for scenario in self.setup.scenarios)

    @property
    def next_scenario(self) -> Scenario:
        return self.setup.scenarios[self.position + 1]

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
            rate_per_user=self.stage.rate_per_user if self.begun else None,
            drain_s=self.state.drain_s,
            interrupted=self.state.interrupted,
        )
        return self.said

    def say_again(self) -> State:
        """The last word, with what the clock shows now: others set theirs by each they hear."""
        self.said = replace(self.said, elapsed_s=self.elapsed_s)
        return self.said

    def begin_scenario(self) -> None:
        scenario = self.next_scenario
        self.state = self.state.begin_scenario()
        self.begun.append(ScenarioRun(scenario, sequence_of(scenario), self.elapsed_s))
        self._note_stage()

    def enter_stage(self, index: int) -> None:
        self._leave_stage()
        self.state = self.state.enter_stage(index)
        self._note_stage()

    def drain(self) -> None:
        self._leave_stage()
        self.state = self.state.drain(self.scenario.drain_s)

    def rest(self) -> None:
        """Nothing is in flight any more."""
        if not self.finishing:
            self.state = self.state.rest()

    def end(self, reason: EndReason, detail: str) -> None:
        self._leave_stage()
        self.state = self.state.end(reason, detail, self.longest_drain_s if self.begun else 0.0)

    def interrupt_end(self, reason: EndReason) -> bool:
        """Whether that changes anything."""
        before, self.state = self.state, self.state.interrupt(reason)
        return self.state is not before

    def conclude(self) -> None:
        self.state = self.state.conclude()
        self.over.set()

    def _note_stage(self) -> None:
        self.times[self._key] = (now_s := self.elapsed_s, now_s)

    def _leave_stage(self) -> None:
        """Notes the end of the stage that runs, if one does."""
        if self.phase == "load":
            self.times[self._key] = (self.times[self._key][0], self.elapsed_s)

    def add_crash(self, sentence: str) -> None:
        if sentence not in self.crashes:
            self.crashes.append(sentence)

    def add_note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def live_stage(self) -> StageFigures:
        """The figures so far of the stage that runs."""
        return self._figures(self._key)

    def live_stages(self) -> list[StageFigures]:
        """The same of all stages of the scenario that have begun."""
        return [self._figures(key) for key in sorted(self.times) if key[0] == self.position]

    def live_scenario(self) -> ScenarioFigures:
        return self._scenario(self.position)

    def figures(self) -> RunFigures:
        return RunFigures(
            run_id=self.id,
            started_at=self.started_at,
            duration_s=self.elapsed_s,
            host=self.host,
            mode=self.mode,
            end_reason=self.state.reason,
            end_detail=self.state.detail,
            collector=self.collector,
            scenarios=[self._scenario(position) for position in range(self.position + 1)],
            profile_only=self.setup.profile_only,
            crashes=[*self.crashes],
            rows=self.hand_out.figures(),
            notes=[*self.notes],
            observed=self.observed,
        )

    def _scenario(self, position: int) -> ScenarioFigures:
        own = self.begun[position]
        names = [each.name for each in self.setup.scenarios[: position + 1]]
        keys = sorted(key for key in self.times if key[0] == position)
        return ScenarioFigures(
            position=position,
            repetition=names.count(own.scenario.name),
            scenario=own.scenario,
            stages=[self._figures(key) for key in keys],
            ended_early=own.ended_early,
            ended_by=own.ended_by,
            audit=own.audit,
            search=own.sequence.search,
        )

    def _figures(self, key: StageKey) -> StageFigures:
        began_s, ended_s = self.times[key]
        if self.phase == "load" and key == self._key:
            ended_s = self.elapsed_s
        stage = self.begun[key[0]].sequence.stages[key[1]]
        return stage_figures(self.collector, key, stage, began_s, ended_s, self.observed)
