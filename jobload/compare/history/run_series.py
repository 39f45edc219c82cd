"""Runs of the same plan against the same target, made in the same way, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Literal

from jobload.compare.history.change_points import ChangePoint, change_points
from jobload.report.files.history import HistoryEntry, HistoryFigures

MOST_RUNS = 100
"""Of a series, the newest: what was before is no news."""
LEAST_PERCENT = 1.0
"""Smaller changes of a level are not told, however sure they are."""
LEAST_ERROR_RATE = 0.1
"""In percent of the operations, since most error rates are 0."""
SHOWN_IN_LEAST = 10
"""So many of the smallest changes that are told make the height of a drawing, at least."""


@dataclass(frozen=True, slots=True)
class TrackedMetric:
    name: str
    unit: Literal["/s", "%", "ms"]
    less_is_better: bool
    read: Callable[[HistoryFigures], float | None]


TRACKED = (
    TrackedMetric("throughput", "/s", False, lambda figures: figures.throughput_rps),
    TrackedMetric("error rate", "%", True, lambda figures: figures.error_rate_percent),
    TrackedMetric("p50", "ms", True, lambda figures: figures.p50_ms),
    TrackedMetric("p99", "ms", True, lambda figures: figures.p99_ms),
)


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """What must be the same. Versions of the target need not: they are what a history is about."""

    scenario: str
    plan: str
    target: str
    machine: str
    topology: str


@dataclass(frozen=True, slots=True)
class Change:
    """`index` and those around it count the runs of the series."""

    metric: TrackedMetric
    point: ChangePoint

    @property
    def percent(self) -> float | None:
        """Of the level before; an error rate is in percent itself."""
        point = self.point
        if not point.before or self.metric.unit == "%":
            return None
        return 100 * (point.after / point.before - 1)

    @property
    def is_worse(self) -> bool:
        return (self.point.after > self.point.before) == self.metric.less_is_better


@dataclass(slots=True)
class RunSeries:
    """`left_out` counts runs by why their figures are none."""

    key: SeriesKey
    runs: list[HistoryEntry] = field(default_factory=list)
    figures: list[HistoryFigures] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def values(self, metric: TrackedMetric) -> list[float | None]:
        return [metric.read(figures) for figures in self.figures]

    def changes(self, metric: TrackedMetric) -> list[Change]:
        """Runs without the figure are passed over."""
        known = [(at, v) for at, v in enumerate(self.values(metric)) if v is not None]
        values = tuple(value for _, value in known)
        places = [at for at, _ in known]
        return [
            Change(metric, _in_series(point, places))
            for point in change_points(values, _least(metric, values))
        ]

    @property
    def all_changes(self) -> list[Change]:
        """In the order of the runs."""
        found = [change for metric in TRACKED for change in self.changes(metric)]
        return sorted(found, key=lambda change: change.point.index)


def _least(metric: TrackedMetric, values: Sequence[float]) -> float:
    if metric.unit == "%":
        return LEAST_ERROR_RATE
    return abs(median(values)) * LEAST_PERCENT / 100 if values else 0.0


def shown_range(metric: TrackedMetric, values: Sequence[float]) -> tuple[float, float]:
    """What a drawing spans: in one from the lowest to the highest all noise would look large."""
    least = SHOWN_IN_LEAST * _least(metric, values)
    low, high = min(values), max(values)
    bottom = max(0.0, low - max(0.0, least - (high - low)) / 2)
    return bottom, max(high, bottom + least)


def _in_series(point: ChangePoint, places: Sequence[int]) -> ChangePoint:
    index, earliest, latest = (places[at] for at in (point.index, point.earliest, point.latest))
    return replace(point, index=index, earliest=earliest, latest=latest)


def series_of(entries: Iterable[HistoryEntry]) -> list[RunSeries]:
    """Those with the newest runs first."""
    found: dict[SeriesKey, RunSeries] = {}
    for entry in entries:
        for figures in entry.series:
            place = (entry.target, entry.machine, entry.topology)
            key = SeriesKey(figures.scenario, figures.plan, *(part or "" for part in place))
            series = found.pop(key, None) or RunSeries(key)
            found[key] = series
            if figures.left_out is None:
                series.runs.append(entry)
                series.figures.append(figures)
            else:
                series.left_out[figures.left_out] += 1
    for series in found.values():
        del series.runs[:-MOST_RUNS], series.figures[:-MOST_RUNS]
    return list(reversed(found.values()))
