"""Where a target breaks: the last step that passes, the knee, and the collapse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from jobload.judge.stretches.excused import (
    could_have_ended,
    keeps_all_waiting,
    usual_s,
)
from jobload.judge.stretches.windows import first_second, windows
from jobload.judge.thresholds.check_spec import WINDOW_S
from jobload.measure.figures import ScenarioFigures, StageFigures

COLLAPSE_PERCENT = 50.0
ENDED_PERCENT = 40.0
SUSTAINED_WINDOWS = 3
KNEE_SHARE = 0.95
"""When less than this share of what is offered ends, throughput no longer follows the rate."""
CLOSED_GAIN = 1.05
"""A closed model is past its knee when a step adds less than this to the throughput, and less than
half of what it adds to the users."""


@dataclass(frozen=True, slots=True)
class BreakingPoint:
    """`last_passing` and `first_failing` enclose the highest load that meets the checks."""

    text: str
    last_passing: StageFigures | None
    first_failing: StageFigures | None
    knee: StageFigures | None
    collapse: StageFigures | None

    @property
    def reached(self) -> bool:
        return self.collapse is not None


def is_behind(scenario: ScenarioFigures, stage: StageFigures) -> bool | None:
    """Fewer end than are offered; at random that is not just what the rate says. Of very few, one
    more or less says nothing. None: the generator's own delay decides."""
    record, due = stage.record, _due(scenario, stage)
    ended, least = record.ended_good + record.ended_bad, min(KNEE_SHARE * due, due - 1)
    if ended >= least:
        return False
    return True if ended + could_have_ended(record, stage.overall) < least else None


def _due(scenario: ScenarioFigures, stage: StageFigures) -> int:
    """What was offered as long before its end, and since as long before it began, as an operation
    takes of a target that has nothing else to do."""
    after_s = min(
        (usual_s(s.record, s.overall) for s in scenario.stages if s.overall.finished), default=0.0
    )
    from_s, until_s = stage.started_s - after_s, stage.ended_s - after_s
    overlaps_s = ((s, min(s.ended_s, until_s) - max(s.started_s, from_s)) for s in scenario.stages)
    return round(sum(s.record.offered * o / s.duration_s for s, o in overlaps_s if o > 0))


def has_collapsed(stage: StageFigures) -> bool:
    """More than half of the operations fail, and did so in three windows, if there were three."""
    errors = stage.error_rate_percent
    if errors is None or errors <= COLLAPSE_PERCENT:
        return False
    seen = [w.overall for w in windows(stage, WINDOW_S, first_second(stage)) if w.overall.finished]
    broken = [w for w in seen if 100 * w.failed / w.finished > COLLAPSE_PERCENT]
    return len(broken) >= min(SUSTAINED_WINDOWS, len(seen))


def breaking_point(
    scenario: ScenarioFigures, passes: Callable[[StageFigures], bool | None]
) -> BreakingPoint | None:
    """None unless the scenario goes up step by step. `passes` tells of a step's checks; None is
    that they are undecided, which neither passes nor fails."""
    stages = scenario.judged_stages
    if scenario.scenario.asks != "breaking point" or not stages:
        return None
    collapsed = next((s for s in stages if _broke(scenario, s)), None)
    passed = [False if stage is collapsed else passes(stage) for stage in stages]
    failing = next((i for i, each in enumerate(passed) if each is False), None)
    before = zip(stages[:failing], passed, strict=False)
    last_passing = next((s for s, each in reversed([*before]) if each), None)
    return BreakingPoint(
        text=_text(collapsed, stages[-1]),
        last_passing=last_passing,
        first_failing=stages[failing] if failing is not None else None,
        knee=_knee(scenario, stages),
        collapse=collapsed,
    )


def _broke(scenario: ScenarioFigures, stage: StageFigures) -> bool:
    """Also when it was ended for its errors and the last replies turned out good, or when the
    target let everybody wait from its beginning to its end."""
    if stage.error_rate_percent is None:
        return keeps_all_waiting(stage)
    by_errors = scenario.ended_early is not None and scenario.ended_by is None
    ended_here = by_errors and stage is scenario.stages[-1]
    return has_collapsed(stage) or (ended_here and (stage.error_rate_percent or 0) > ENDED_PERCENT)


def _text(collapsed: StageFigures | None, last: StageFigures) -> str:
    if collapsed is None:
        rate = f", {last.stage.rate:g}/s" if last.stage.rate is not None else ""
        return f"breaking point not reached up to concurrency {last.stage.users}{rate}"
    return f"breaking point reached at concurrency {collapsed.stage.users}"


def _knee(scenario: ScenarioFigures, stages: Sequence[StageFigures]) -> StageFigures | None:
    for stage in stages:
        if stage.stage.rate is not None and is_behind(scenario, stage):
            return stage
    for before, stage in pairwise(stages):
        if stage.stage.rate is not None:
            return None
        half_as_many = (1 + stage.stage.users / before.stage.users) / 2
        least = min(CLOSED_GAIN, half_as_many) * (before.throughput_rps or 0.0)
        if (stage.throughput_rps or 0.0) < least:
            return stage
    return None
