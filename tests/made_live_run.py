"""A run as the pages see it while it goes on: figures that a test states, at the time it wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gevent.event import Event
from made_run import RUN_ID, MadeRun

from jobload.judge.checks.window_log import WindowLog
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.measure.collector import Collector
from jobload.measure.figures import RunFigures
from jobload.measure.observed_series import ObservedSeries
from jobload.plan.scenario import Scenario
from jobload.report.result.model import Result


@dataclass
class MadePlan:
    scenarios: Sequence[Scenario]
    checks: Mapping[str, Sequence[CheckSpec]] = field(default_factory=dict)


@dataclass
class MadeLiveRun:
    made: MadeRun
    setup: MadePlan
    position: int = 0
    stage_index: int = 0
    phase: str = "load"
    elapsed_s: float = 0.0
    id: str = RUN_ID
    result: Result | None = None
    over: Event = field(default_factory=Event)
    window_log: WindowLog = field(default_factory=WindowLog)
    observed: dict[str, ObservedSeries] = field(default_factory=dict)

    @property
    def collector(self) -> Collector:
        return self.made.collector

    def figures(self) -> RunFigures:
        return RunFigures(
            run_id=self.id,
            started_at="2026-11-22T11:05:00.000+00:00",
            duration_s=self.elapsed_s,
            host="",
            mode="local",
            end_reason="completed",
            end_detail="",
            collector=self.made.collector,
            scenarios=self.made.scenarios,
            observed=self.observed,
            profile_only=self.made.profile_only,
        )
