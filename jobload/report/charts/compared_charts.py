"""Two runs of a scenario laid over each other, both from its start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import ceil

from jobload.judge.thresholds.value_text import value_text
from jobload.report.charts.drawn import Drawn, OverTime
from jobload.report.charts.line_chart import Line, Point, count_axis, latency_axis, unit_axis
from jobload.report.charts.observed_charts import HEIGHT, observed_points
from jobload.report.charts.seconds_charted import Step, bands_of, ends_s, steps_of
from jobload.report.result.model import Observed, Result, Scenario

MOST_POINTS = 240
SIDES = ("before", "after")


@dataclass(frozen=True, slots=True)
class _Side:
    result: Result
    scenario: Scenario
    steps: list[Step]

    @property
    def began_s(self) -> float:
        return self.scenario.stages[0].started_s

    def points(self, read: Callable[[Step], float | None]) -> list[Point]:
        """On whole places, so that those of both runs are the same."""
        return [(round(s.at_s - s.length_s / 2) + s.length_s / 2, read(s)) for s in self.steps]

    def observed(self, name: str) -> Observed | None:
        return next((each for each in self.result.observed if each.name == name), None)


def compared_charts(
    before: Result, after: Result, one: Scenario, other: Scenario
) -> Iterator[Drawn]:
    if not one.stages or not other.stages:
        return
    length_s = max(map(_length_s, (one, other)))
    sides = [_side(before, one, length_s), _side(after, other, length_s)]
    over = OverTime(bands_of(other), length_s)
    rate = _lines(sides, lambda step: step.ended / step.within_s)
    yield over.drawn("Rate", "completed, per second", rate, count_axis(rate))
    for name, read in (("p50", lambda s: s.p50_ms), ("p99", lambda s: s.p99_ms)):
        times = _lines(sides, read)
        yield over.drawn(
            f"Response time, {name}", "ms, successful operations", times, latency_axis(times)
        )
    yield from _observed(sides, over)


def _observed(sides: list[_Side], over: OverTime) -> Iterator[Drawn]:
    """Where both runs asked for something of that name, in that unit."""
    before, after = sides
    for each in before.result.observed:
        twin = after.observed(each.name)
        if twin is None or twin.unit != each.unit:
            continue
        lines = [
            Line(name, name, observed_points(of, side.began_s, over.length_s, MOST_POINTS))
            for name, side, of in zip(SIDES, sides, (each, twin), strict=True)
        ]
        axis, text = unit_axis(lines, each.unit), partial(value_text, unit=each.unit)
        title = f"Observed: {each.name}"
        yield over.drawn(title, "by Prometheus", lines, axis, height=HEIGHT, text=text)


def _length_s(scenario: Scenario) -> float:
    return ends_s(scenario) - scenario.stages[0].started_s


def _side(result: Result, scenario: Scenario, longest_s: float) -> _Side:
    step_s = max(1, ceil(longest_s / MOST_POINTS))
    points = max(1, ceil(_length_s(scenario) / step_s))
    return _Side(result, scenario, steps_of(scenario, points))


def _lines(sides: list[_Side], read: Callable[[Step], float | None]) -> list[Line]:
    return [Line(name, name, side.points(read)) for name, side in zip(SIDES, sides, strict=True)]
