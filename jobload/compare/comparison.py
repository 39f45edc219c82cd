"""Are the new runs worse than the base ones, or is it chance?

An alarm needs three things at once: a change that is large in proportion, one that is large in
itself, and an interval of the ratio that excludes "no change".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from jobload.compare.alarm_rule import Rule
from jobload.compare.bootstrap import Interval, middle, ratio_interval
from jobload.compare.compared_metric import METRICS, ComparedMetric
from jobload.compare.earlier_run import PastRun, PastStage

Finding = Literal["regression", "improvement", "unclear", "no change", "too few samples"]


@dataclass(frozen=True, slots=True)
class Place:
    """A stage, a scenario (all its judged stages), or without names all scenarios."""

    scenario: str | None = None
    stage: str | None = None

    def __str__(self) -> str:
        return "/".join(part for part in (self.scenario, self.stage) if part) or "overall"

    def stages(self, run: PastRun) -> list[PastStage]:
        names = run.names if self.scenario is None else [self.scenario]
        return [found for name in names for found in run.stages(name, self.stage)]


@dataclass(frozen=True, slots=True)
class Change:
    """`base` and `new` are the medians of the runs, in ms or per second."""

    place: Place
    metric: str
    unit: Literal["ms", "/s"]
    base: float | None
    new: float | None
    interval: Interval | None
    finding: Finding

    @property
    def ratio(self) -> float | None:
        return self.new / self.base if self.base and self.new is not None else None


@dataclass(frozen=True, slots=True)
class Comparison:
    base: Sequence[PastRun]
    new: Sequence[PastRun]
    rule: Rule
    changes: Sequence[Change]

    @property
    def fewest_runs(self) -> int:
        return min(len(self.base), len(self.new))

    @property
    def is_indicative(self) -> bool:
        return self.fewest_runs == 1

    @property
    def regressions(self) -> list[Change]:
        return [change for change in self.changes if change.finding == "regression"]

    @property
    def says_something(self) -> bool:
        return any(change.finding != "too few samples" for change in self.changes)


def compare(
    base: Sequence[PastRun], new: Sequence[PastRun], rule: Rule | None = None
) -> Comparison:
    """Of runs that are comparable (`comparable.py`); the same runs always give the same."""
    rule = rule or Rule()
    places = list(_places(base[0]))
    confidence = 1 - (1 - rule.confidence_percent / 100) / (len(places) * len(METRICS))
    changes = [
        _change(place, metric, base, new, rule, confidence)
        for place in places
        for metric in METRICS
    ]
    return Comparison(base, new, rule, changes)


def _places(run: PastRun) -> Iterator[Place]:
    """A scenario of one judged stage is the same as that."""
    for name in run.names:
        stages = list(dict.fromkeys(stage.name for stage in run.stages(name)))
        yield Place(name)
        if len(stages) > 1:
            yield from (Place(name, stage) for stage in stages)
    if len(run.names) > 1:
        yield Place()


def _change(
    place: Place,
    metric: ComparedMetric,
    base: Sequence[PastRun],
    new: Sequence[PastRun],
    rule: Rule,
    confidence: float,
) -> Change:
    random = Random(f"{rule.seed} {place} {metric.name}")
    before = metric.samples([place.stages(run) for run in base], random)
    now = metric.samples([place.stages(run) for run in new], random)
    if not before or not now:
        return Change(place, metric.name, metric.unit, None, None, None, "too few samples")
    interval = ratio_interval(before, now, confidence, rule.seed)
    sides = middle(before), middle(now)
    finding = _finding(metric, *sides, interval, rule)
    return Change(place, metric.name, metric.unit, *sides, interval, finding)


def _finding(
    metric: ComparedMetric, before: float, now: float, interval: Interval | None, rule: Rule
) -> Finding:
    change = now - before
    delta = rule.delta_ms if metric.unit == "ms" else rule.delta_rps
    if abs(change) <= max(delta, before * rule.percent / 100):
        return "no change"
    if interval is None or interval.low <= 1 <= interval.high:
        return "unclear"
    return "regression" if (change > 0) == metric.less_is_better else "improvement"
