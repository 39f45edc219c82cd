"""The seconds of a scenario as so many points as a chart has room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from jobload.report.charts.line_chart import Band, Line
from jobload.report.result.model import Scenario
from jobload.report.result.stage_model import Seconds


@dataclass(slots=True, eq=False)
class Step:
    """Some seconds as one; `at_s` is their middle, from the start of the scenario, and `within_s`
    how much of them the scenario had. The percentiles are those of its worst second. How many users
    ran in one of which nobody told is not known."""

    at_s: float
    length_s: int
    within_s: float
    users: int | None = None
    offered: int = 0
    started: int = 0
    failed: int = 0
    ended: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None

    def add(self, seconds: Seconds, at: int) -> None:
        """The one at this place of the lists."""
        self.users = max(self.users or 0, seconds.users[at])
        self.offered += seconds.offered[at]
        self.started += seconds.started[at]
        self.failed += seconds.failed[at]
        self.ended += seconds.ended[at]
        self.p50_ms = worse(self.p50_ms, seconds.p50_ms[at])
        self.p95_ms = worse(self.p95_ms, seconds.p95_ms[at])
        self.p99_ms = worse(self.p99_ms, seconds.p99_ms[at])


def worse(one: float | None, other: float | None) -> float | None:
    return one if other is None else other if one is None else max(one, other)


def steps_of(scenario: Scenario, points: int) -> list[Step]:
    began_s = scenario.stages[0].started_s
    first = round(began_s)
    last = max(first + 1, round(ends_s(scenario)))
    length = max(1, ceil((last - first) / points))
    steps = []
    for start in range(first, last, length):
        end = min(start + length, last)
        within_s = min(end, ends_s(scenario)) - max(start, began_s)
        steps.append(
            Step(
                (start + end) / 2 - began_s, end - start, within_s if within_s > 0 else end - start
            )
        )
    for stage in scenario.stages:
        for at, second in enumerate(stage.seconds.second):
            if first <= second < last:
                steps[(second - first) // length].add(stage.seconds, at)
    return steps


def ends_s(scenario: Scenario) -> float:
    last = scenario.stages[-1]
    return last.started_s + last.duration_s


def bands_of(scenario: Scenario) -> list[Band]:
    began_s = scenario.stages[0].started_s
    return [
        Band(s.name, s.started_s - began_s, s.started_s + s.duration_s - began_s, s.judged)
        for s in scenario.stages
    ]


def lines_of(steps: Sequence[Step], **reads: Callable[[Step], float | None]) -> list[Line]:
    """By their names."""
    return [Line(name, name, [(s.at_s, read(s)) for s in steps]) for name, read in reads.items()]


def rates(steps: Sequence[Step]) -> list[Line]:
    lines = lines_of(
        steps,
        completed=lambda step: step.ended / step.within_s,
        started=lambda step: step.started / step.within_s,
        offered=lambda step: step.offered / step.within_s,
    )
    failed = lines_of(steps, failed=lambda step: step.failed / step.within_s)
    return lines + failed if any(step.failed for step in steps) else lines


def latencies(steps: Sequence[Step]) -> list[Line]:
    return lines_of(steps, p50=lambda s: s.p50_ms, p95=lambda s: s.p95_ms, p99=lambda s: s.p99_ms)


def users(steps: Sequence[Step]) -> list[Line]:
    return lines_of(steps, users=lambda step: step.users)


def points_text(steps: Sequence[Step]) -> str:
    """Of times, which are the worst of what a point stands for."""
    length_s = steps[0].length_s if steps else 1
    return f", each point the worst of {length_s} s" if length_s > 1 else ""
