"""How the checks stand while the run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from jobload.judge.checks.check import evaluate_stages
from jobload.judge.status import CheckStatus
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.live.live_run import LiveRun
from jobload.measure.figures import RunFigures

LiveStatus = CheckStatus | Literal["to come", "at the end"]


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """`position` is that of its scenario; `headroom_percent` how far from its limit it is."""

    position: int
    spec: CheckSpec
    status: LiveStatus
    actual: str = "–"
    headroom_percent: float | None = None
    detail: str = ""

    @property
    def key(self) -> tuple[int, str]:
        return self.position, self.spec.id


def checks_of(run: LiveRun, figures: RunFigures, scenario: str) -> Sequence[CheckSpec]:
    """A profile judges nothing, and so has none."""
    return () if figures.profile_only else run.setup.checks.get(scenario, ())


def live_checks(run: LiveRun) -> list[LiveCheck]:
    figures = run.figures()
    return [
        _look(run, figures, position, spec)
        for position, scenario in enumerate(run.setup.scenarios)
        for spec in checks_of(run, figures, scenario.name)
    ]


def _look(run: LiveRun, figures: RunFigures, position: int, spec: CheckSpec) -> LiveCheck:
    if not spec.is_of_a_stage:
        return LiveCheck(position, spec, "at the end")
    begun = figures.scenarios[position].stages if position <= run.position else []
    stages = [stage for stage in begun if spec.is_about(stage.stage)]
    if not stages:
        return LiveCheck(position, spec, "to come")
    until_s = None
    if run.phase == "load" and stages[-1].key == (run.position, run.stage_index):
        # Rates are of the time that is known about, not of the second that is still to be told.
        until_s = figures.told_until_s
        told = [replace(stages[-1], ended_s=until_s)] if until_s > stages[-1].started_s else []
        if not (stages := [*stages[:-1], *told]):
            return LiveCheck(position, spec, "to come")
    if spec.is_windowed and (until_s is not None or figures.complete_until_s < stages[-1].ended_s):
        # A window is read once, for the verdict too: not before all have told of it.
        until_s = figures.complete_until_s
    outcome = evaluate_stages(spec, stages, until_s, run.window_log)
    room = headroom_percent(spec, outcome.actual)
    return LiveCheck(position, spec, outcome.status, outcome.actual_text, room, outcome.detail)


def headroom_percent(spec: CheckSpec, actual: float | None) -> float | None:
    """How much of the limit is left; below zero it is breached."""
    if actual is None or not spec.limit or spec.within_percent is not None:
        return None
    change = 100 * (actual - spec.limit) / spec.limit
    return -change if spec.is_upper_limit else change
