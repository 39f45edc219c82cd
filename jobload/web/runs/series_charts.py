"""The runs of a scenario over time, each figure a small chart with its changes marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter

from jobload.compare.history.run_series import (
    TRACKED,
    Change,
    RunSeries,
    TrackedMetric,
    shown_range,
)
from jobload.compare.history.series_text import change_text, notes, place_text, versions_text
from jobload.judge.thresholds.value_text import value_text
from jobload.report.charts.axis import nice_step
from jobload.report.charts.line_chart import Axis, Band, Chart, Line, Size, draw

WIDE = Size(500, 150, 12)
NARROW = Size(360, 150, 11)
MOST_SERIES = 12
WITHIN_S = 2.0
ROOM = 0.15
"""Above and below the figures, in parts of their range."""


@dataclass(frozen=True, slots=True)
class SeriesChart:
    """What it shows in words is its `label`."""

    title: str
    label: str
    wide: str
    narrow: str


@dataclass(frozen=True, slots=True)
class ToldChange:
    run_id: str
    metric: str
    text: str
    sure: str
    versions: str
    finding: str


@dataclass(frozen=True, slots=True)
class SeriesSection:
    title: str
    where: str
    charts: list[SeriesChart]
    changes: list[ToldChange]
    notes: list[str]


def series_sections(found: Sequence[RunSeries]) -> list[SeriesSection]:
    """The newest first, as many as take no longer than a page may; one run is no series."""
    until_s = perf_counter() + WITHIN_S
    told = [series for series in found if len(series.runs) > 1]
    return [_section(series) for series in told[:MOST_SERIES] if perf_counter() < until_s]


def _section(series: RunSeries) -> SeriesSection:
    key = series.key
    return SeriesSection(
        title=f"{key.scenario}, {len(series.runs)} runs",
        where=", ".join(
            part for part in (f"plan {key.plan}", key.target, key.topology, key.machine) if part
        ),
        charts=[_chart(series, metric) for metric in TRACKED],
        changes=[_told(series, change) for change in series.all_changes],
        notes=list(notes(series)),
    )


def _told(series: RunSeries, change: Change) -> ToldChange:
    point = change.point
    return ToldChange(
        run_id=series.runs[point.index].run_id,
        metric=change.metric.name,
        text=change_text(change),
        sure=f"{place_text(change)}; by chance p = {point.p_value:.4f}",
        versions=versions_text(series, change),
        finding="regression" if change.is_worse else "improvement",
    )


def _chart(series: RunSeries, metric: TrackedMetric) -> SeriesChart:
    values, changes = series.values(metric), series.changes(metric)
    lines = [
        Line("runs", "runs", [(float(at), value) for at, value in enumerate(values, 1)]),
        *_levels(values, changes),
    ]
    bands = list(_bands(len(values), changes))
    wide, narrow = (
        draw(Chart(lines, _run_axis(len(values)), _value_axis(values, metric), bands), size).svg
        for size in (WIDE, NARROW)
    )
    told = "; ".join(
        f"{change_text(change)} with run {change.point.index + 1}" for change in changes
    )
    return SeriesChart(metric.name, f"{metric.name}: {told or 'no change found'}", wide, narrow)


def _levels(values: Sequence[float | None], changes: Sequence[Change]) -> Iterator[Line]:
    """Each from its first run to its last one."""
    ends = [0, *(change.point.index for change in changes), len(values)]
    levels = [change.point.before for change in changes[:1]]
    levels += [change.point.after for change in changes]
    for level, first, last in zip(levels, ends, ends[1:], strict=False):
        yield Line("level", "level", [(first + 1.0, level), (float(last), level)])


def _bands(runs: int, changes: Sequence[Change]) -> Iterator[Band]:
    """What lies between two changes; shaded where the level is another one than at first."""
    if not changes:
        return
    ends = [1.0, *(change.point.index + 0.5 for change in changes), float(runs)]
    for number, (first, last) in enumerate(pairwise(ends)):
        yield Band(_named(changes, number), first, last, judged=number % 2 == 1)


def _named(changes: Sequence[Change], number: int) -> str:
    point = changes[number - 1].point if number else changes[0].point
    level = point.after if number else point.before
    return value_text(level, changes[0].metric.unit)


def _run_axis(runs: int) -> Axis:
    step = max(1, round(nice_step(runs, 5)))
    places = [1, *range(step, runs + 1, step)] if step > 1 else [*range(1, runs + 1)]
    return Axis(1.0, float(max(runs, 2)), [(float(place), f"{place}") for place in places])


def _value_axis(values: Sequence[float | None], metric: TrackedMetric) -> Axis:
    """Not from 0, so that a few percent are seen; two ticks at least, which say how many."""
    low, high = shown_range(metric, [value for value in values if value is not None] or [0.0])
    span = (high - low) or 1.0
    bottom, top = max(0.0, low - span * ROOM), high + span * ROOM
    for count in (3, 6):
        step = nice_step(span, count)
        first, last = int(-(-bottom // step)), int(top // step)
        if first < last:
            break
    ticks = [step * number for number in range(first, last + 1)]
    return Axis(bottom, top, [(tick, value_text(tick, metric.unit)) for tick in ticks])
