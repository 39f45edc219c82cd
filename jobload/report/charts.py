"""The charts of a scenario: rate and latency over time, and the percentile spectrum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, log10

from jobload.judge.stretch import of_stages
from jobload.measure.figures import RunFigures, ScenarioFigures
from jobload.measure.histogram import Histogram
from jobload.measure.stage_record import EndpointRecord, StageRecord
from jobload.report.axis import Tick, time_ticks
from jobload.report.chart import (
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
from jobload.report.hdr_text import spectrum

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


def charts(run: RunFigures, scenario: ScenarioFigures) -> list[Drawn]:
    """None where nothing was measured, or where there are too many scenarios to draw them all."""
    if scenario not in run.scenarios[:MOST_SCENARIOS] or not scenario.stages:
        return []
    points = max(FEWEST_POINTS, min(MOST_POINTS, ALL_POINTS // (LINES * len(run.scenarios))))
    steps = _steps(scenario, points)
    return [*_over_time(scenario, steps), *_spectrum(scenario)]


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """Some seconds as one; `at_s` is their middle, from the start of the scenario."""

    at_s: float
    length_s: int
    record: StageRecord
    overall: EndpointRecord
    users: int


def _steps(scenario: ScenarioFigures, points: int) -> list[_Step]:
    began_s = scenario.stages[0].started_s
    first = round(began_s)
    last = max(first + 1, round(scenario.stages[-1].ended_s))
    length = max(1, ceil((last - first) / points))
    series = scenario.stages[0].series
    steps = []
    for start in range(first, last, length):
        whole = StageRecord()
        for stage in scenario.stages:
            whole.merge(stage.window(start, length))
        users = max(series.users(second) for second in range(start, start + length))
        seconds = min(length, last - start)
        steps.append(_Step(start - began_s + seconds / 2, seconds, whole, whole.overall(), users))
    return steps


def _over_time(scenario: ScenarioFigures, steps: Sequence[_Step]) -> Iterator[Drawn]:
    began_s = scenario.stages[0].started_s
    length_s = scenario.stages[-1].ended_s - began_s
    bands = [
        Band(s.name, s.started_s - began_s, s.ended_s - began_s, s.stage.judged)
        for s in scenario.stages
    ]
    rates = [
        Line("completed", [(s.at_s, _ended(s) / s.length_s) for s in steps]),
        Line("started", [(s.at_s, s.record.started / s.length_s) for s in steps]),
        Line("offered", [(s.at_s, s.record.offered / s.length_s) for s in steps]),
    ]
    if any(s.overall.failed for s in steps):
        rates.append(Line("failed", [(s.at_s, s.overall.failed / s.length_s) for s in steps]))
    users = [Line("users", [(s.at_s, float(s.users)) for s in steps])]
    latencies = _latencies(steps)
    axis = latency_axis(latencies)
    note = f"of successful operations{_scale(axis)}"
    over = _OverTime(bands, length_s)
    yield over.drawn("Rate", "operations per second", rates, count_axis(rates))
    yield over.drawn("Response time", note, latencies, axis)
    yield over.drawn("Users", "running", users, count_axis(users, 2), height=140)


def _scale(axis: Axis) -> str:
    return ", logarithmic" if axis.logarithmic else ""


def _ended(step: _Step) -> int:
    return step.record.ended_good + step.record.ended_bad


def _latencies(steps: Sequence[_Step]) -> list[Line]:
    found = [s.overall.response_time.percentiles_us([50, 95, 99]) for s in steps]
    return [
        Line(kind, [(s.at_s, _ms(us[index])) for s, us in zip(steps, found, strict=True)])
        for index, kind in enumerate(("p50", "p95", "p99"))
    ]


def _ms(us: float | None) -> float | None:
    return None if us is None else us / 1e3


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


def _spectrum(scenario: ScenarioFigures) -> Iterator[Drawn]:
    whole = of_stages(scenario.judged_stages)
    if not whole.operations.response_time.counts:
        return
    lines = [
        Line("response", _spectrum_points(whole.operations.response_time)),
        Line("service", _spectrum_points(whole.operations.service_time)),
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
