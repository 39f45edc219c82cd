"""The charts of a scenario, from its result alone: rate and latency over time, and the percentile
spectrum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, log10

from jobload.measure.histogram import Histogram
from jobload.report.charts.axis import Tick, time_ticks
from jobload.report.charts.line_chart import (
    NARROW,
    WIDE,
    Axis,
    Band,
    Chart,
    Line,
    Point,
    count_axis,
    draw,
    latency_axis,
)
from jobload.report.files.hdr_text import spectrum
from jobload.report.result.bucket_text import histogram_of
from jobload.report.result.model import Result, Scenario, Seconds

MOST_POINTS = 240
FEWEST_POINTS = 40
ALL_POINTS = 24_000
"""Of all lines of a page, wide and narrow, so that it stays under 1.5 MB."""
LINES = 16
MOST_SCENARIOS = ALL_POINTS // (FEWEST_POINTS * LINES)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart twice: as wide as a page, and as wide as a phone with text that stays readable."""

    title: str
    note: str
    kinds: list[tuple[str, str]]
    wide: str
    narrow: str


def charts(result: Result, scenario: Scenario) -> list[Drawn]:
    """None where nothing was measured, or where there are too many scenarios to draw them all."""
    if scenario not in result.scenarios[:MOST_SCENARIOS] or not scenario.stages:
        return []
    points = max(FEWEST_POINTS, min(MOST_POINTS, ALL_POINTS // (LINES * len(result.scenarios))))
    steps = _steps(scenario, points)
    return [*_over_time(scenario, steps), *_spectrum(scenario)]


@dataclass(slots=True, eq=False)
class _Step:
    """Some seconds as one; `at_s` is their middle, from the start of the scenario. The percentiles
    are those of its worst second."""

    at_s: float
    length_s: int
    users: int = 0
    offered: int = 0
    started: int = 0
    failed: int = 0
    ended: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None

    def add(self, seconds: Seconds, at: int) -> None:
        """The one at this place of the lists."""
        self.users = max(self.users, seconds.users[at])
        self.offered += seconds.offered[at]
        self.started += seconds.started[at]
        self.failed += seconds.failed[at]
        self.ended += seconds.ended[at]
        self.p50_ms = _worse(self.p50_ms, seconds.p50_ms[at])
        self.p95_ms = _worse(self.p95_ms, seconds.p95_ms[at])
        self.p99_ms = _worse(self.p99_ms, seconds.p99_ms[at])


def _worse(one: float | None, other: float | None) -> float | None:
    return one if other is None else other if one is None else max(one, other)


def _steps(scenario: Scenario, points: int) -> list[_Step]:
    began_s = scenario.stages[0].started_s
    first = round(began_s)
    last = max(first + 1, round(_end_s(scenario)))
    length = max(1, ceil((last - first) / points))
    steps = [
        _Step(start - began_s + min(length, last - start) / 2, min(length, last - start))
        for start in range(first, last, length)
    ]
    for stage in scenario.stages:
        for at, second in enumerate(stage.seconds.second):
            if first <= second < last:
                steps[(second - first) // length].add(stage.seconds, at)
    return steps


def _end_s(scenario: Scenario) -> float:
    last = scenario.stages[-1]
    return last.started_s + last.duration_s


def _over_time(scenario: Scenario, steps: Sequence[_Step]) -> Iterator[Drawn]:
    began_s = scenario.stages[0].started_s
    bands = [
        Band(s.name, s.started_s - began_s, s.started_s + s.duration_s - began_s, s.judged)
        for s in scenario.stages
    ]
    rates = [
        Line("completed", [(s.at_s, s.ended / s.length_s) for s in steps]),
        Line("started", [(s.at_s, s.started / s.length_s) for s in steps]),
        Line("offered", [(s.at_s, s.offered / s.length_s) for s in steps]),
    ]
    if any(s.failed for s in steps):
        rates.append(Line("failed", [(s.at_s, s.failed / s.length_s) for s in steps]))
    users = [Line("users", [(s.at_s, float(s.users)) for s in steps])]
    latencies = [
        Line("p50", [(s.at_s, s.p50_ms) for s in steps]),
        Line("p95", [(s.at_s, s.p95_ms) for s in steps]),
        Line("p99", [(s.at_s, s.p99_ms) for s in steps]),
    ]
    axis = latency_axis(latencies)
    worst = ", the worst second of each point" if steps[0].length_s > 1 else ""
    note = f"of successful operations{worst}{_scale(axis)}"
    over = _OverTime(bands, _end_s(scenario) - began_s)
    yield over.drawn("Rate", "operations per second", rates, count_axis(rates))
    yield over.drawn("Response time", note, latencies, axis)
    yield over.drawn("Users", "running", users, count_axis(users, 2), height=140)


def _scale(axis: Axis) -> str:
    return ", logarithmic" if axis.logarithmic else ""


@dataclass(frozen=True, slots=True)
class _OverTime:
    bands: Sequence[Band]
    length_s: float

    def drawn(
        self, title: str, note: str, lines: Sequence[Line], axis: Axis, height: int | None = None
    ) -> Drawn:
        wide, narrow = (
            draw(
                Chart(
                    lines,
                    Axis(0, self.length_s, time_ticks(self.length_s, count)),
                    axis,
                    self.bands,
                ),
                replace(size, height=height or size.height),
            )
            for size, count in ((WIDE, 12), (NARROW, 5))
        )
        return Drawn(title, note, [(line.kind, line.kind) for line in lines], wide, narrow)


def _spectrum(scenario: Scenario) -> Iterator[Drawn]:
    response, service = Histogram(), Histogram()
    for stage in scenario.stages:
        for endpoint in stage.operations if stage.judged else ():
            response.merge(histogram_of(endpoint.response_time_buckets, endpoint.response_time_ms))
            service.merge(histogram_of(endpoint.service_time_buckets, endpoint.service_time_ms))
    if not response.counts:
        return
    lines = [
        Line("response", _spectrum_points(response)),
        Line("service", _spectrum_points(service)),
    ]
    last = max(x for line in lines for x, _ in line.points)
    axis = latency_axis(lines)
    note = f"judged stages, the time within which each share finished{_scale(axis)}"
    x = Axis(0.0, last, _percent_ticks(last))
    wide, narrow = (draw(Chart(lines, x, axis), size) for size in (WIDE, NARROW))
    kinds = [("response", "response time"), ("service", "service time")]
    yield Drawn("Percentile spectrum", note, kinds, wide, narrow)


def _spectrum_points(histogram: Histogram) -> list[Point]:
    """By the logarithm of the distance to 100 %, up to the share that one sample has."""
    total = histogram.count
    if not total:
        return []
    points: list[Point] = []
    for value_ms, percent, _ in spectrum(histogram):
        rest = max(1 - percent / 100, 0.5 / total)
        points.append((-log10(rest), value_ms))
    return points


def _percent_ticks(last: float) -> list[Tick]:
    known = ("0", "90", "99", "99.9", "99.99", "99.999", "99.9999")
    return [(float(at), f"{text} %") for at, text in enumerate(known) if at <= last]
