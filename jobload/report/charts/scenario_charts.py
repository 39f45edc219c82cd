"""The charts of a scenario, from its result alone: rate, latency and what was observed over time,
and the percentile spectrum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log10

from jobload.measure.histogram import Histogram
from jobload.report.charts.axis import Tick
from jobload.report.charts.drawn import Drawn, OverTime, figure_text, values_of
from jobload.report.charts.line_chart import (
    NARROW,
    WIDE,
    Axis,
    Chart,
    Line,
    Point,
    count_axis,
    draw,
    latency_axis,
)
from jobload.report.charts.observed_charts import observed_charts
from jobload.report.charts.seconds_charted import (
    Step,
    bands_of,
    ends_s,
    latencies,
    points_text,
    rates,
    steps_of,
    users,
)
from jobload.report.files.hdr_text import spectrum
from jobload.report.result.bucket_text import histogram_of
from jobload.report.result.model import Observed, Result, Scenario

MOST_POINTS = 600
"""More than a page is wide, since a stage can be shown by itself."""
FEWEST_POINTS = 40
ALL_POINTS = 24_000
"""Of all lines of a page, wide and narrow, so that it stays under 1.5 MB."""
LINES = 16
MOST_SCENARIOS = ALL_POINTS // (FEWEST_POINTS * LINES)


def charts(result: Result, scenario: Scenario) -> list[Drawn]:
    """None where nothing was measured, or where there are too many scenarios to draw them all."""
    if scenario not in result.scenarios[:MOST_SCENARIOS] or not scenario.stages:
        return []
    lines = LINES + 2 * len(result.observed)
    points = max(FEWEST_POINTS, min(MOST_POINTS, ALL_POINTS // (lines * len(result.scenarios))))
    steps = steps_of(scenario, points)
    return [*_over_time(scenario, steps, result.observed, points), *_spectrum(scenario)]


def _over_time(
    scenario: Scenario, steps: Sequence[Step], observed: Sequence[Observed], points: int
) -> Iterator[Drawn]:
    began_s = scenario.stages[0].started_s
    over = OverTime(bands_of(scenario), ends_s(scenario) - began_s)
    rate, times, running = rates(steps), latencies(steps), users(steps)
    axis = latency_axis(times)
    note = f"ms, of successful operations{points_text(steps)}{_scale(axis)}"
    rate_axis = count_axis(rate)
    yield over.drawn("Rate", "operations per second", rate, rate_axis)
    yield over.drawn("Response time", note, times, axis)
    yield from observed_charts(observed, began_s, over, points)
    users_axis = count_axis(running, 2)
    yield over.drawn("Users", "running", running, users_axis, height=140)


def _scale(axis: Axis) -> str:
    return ", logarithmic" if axis.logarithmic else ""


def _spectrum(scenario: Scenario) -> Iterator[Drawn]:
    response, service = Histogram(), Histogram()
    for stage in scenario.stages:
        for endpoint in stage.operations if stage.judged else ():
            response.merge(histogram_of(endpoint.response_time_buckets, endpoint.response_time_ms))
            service.merge(histogram_of(endpoint.service_time_buckets, endpoint.service_time_ms))
    if not response.counts:
        return
    lines = [
        Line("response", "response time", _spectrum_points(response)),
        Line("service", "service time", _spectrum_points(service)),
    ]
    last = max(x for line in lines for x, _ in line.points)
    axis = latency_axis(lines)
    note = f"ms, judged stages, the time within which each share finished{_scale(axis)}"
    x = Axis(0.0, last, _percent_ticks(last))
    wide, narrow = (draw(Chart(lines, x, axis), size) for size in (WIDE, NARROW))
    values = values_of(lines, "share", _percent_text, figure_text)
    kinds = [(line.kind, line.name) for line in lines]
    yield Drawn("Percentile spectrum", note, kinds, wide, narrow, values, stages=[])


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


def _percent_text(place: float) -> str:
    return f"{100 * (1 - 10**-place):.6g} %"


def _percent_ticks(last: float) -> list[Tick]:
    known = ("0", "90", "99", "99.9", "99.99", "99.999", "99.9999")
    return [(float(at), f"{text} %") for at, text in enumerate(known) if at <= last]
