"""What a metric says of a stretch, and on how many samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan

from jobload.judge.check_spec import CheckSpec
from jobload.judge.metric import Metric, Statistic
from jobload.judge.stretch import Stretch
from jobload.measure.histogram import Histogram


@dataclass(frozen=True, slots=True)
class Reading:
    """`value` in the unit of the check; None, never NaN, without data."""

    value: float | None
    samples: int


def read(spec: CheckSpec, stretch: Stretch) -> Reading:
    metric = spec.kind
    match metric.statistic:
        case "percentile" | "min" | "mean" | "max":
            times = _times(metric, stretch)
            return Reading(_milliseconds(metric, times), times.count)
        case "missed":
            return _part(spec, stretch.missed, stretch.offered)
        case "abandoned":
            return _part(spec, stretch.completion.abandoned, stretch.completion.followed)
    value, samples = _COUNTED[metric.statistic](stretch)
    return Reading(None if value is None or isnan(value) else value, samples)


def _part(spec: CheckSpec, part: int, whole: int) -> Reading:
    """As a share or a number, as the check has it."""
    if not whole:
        return Reading(None, 0)
    return Reading(100 * part / whole if spec.unit == "%" else part, whole)


def _times(metric: Metric, stretch: Stretch) -> Histogram:
    match metric.of:
        case "service":
            return stretch.service_time
        case "completion":
            return stretch.completion.time
    return stretch.response_time


def _milliseconds(metric: Metric, times: Histogram) -> float | None:
    if not times.counts:
        return None
    us: float | None
    match metric.statistic:
        case "min":
            us = times.min_us
        case "max":
            us = times.max_us
        case "mean":
            us = times.mean_us
        case _:
            us = times.percentile_us(metric.percentile or 100)
    return None if us is None else us / 1e3


def _per_second(count: int, stretch: Stretch) -> tuple[float | None, int]:
    ended = stretch.ended_good + stretch.ended_bad
    return (count / stretch.seconds if stretch.seconds > 0 else None), ended


def _share(part: float, whole: int) -> tuple[float | None, int]:
    return (part / whole if whole else None), whole


_COUNTED: dict[Statistic, Callable[[Stretch], tuple[float | None, int]]] = {
    "throughput": lambda s: _per_second(s.ended_good + s.ended_bad, s),
    "goodput": lambda s: _per_second(s.ended_good, s),
    "error_rate": lambda s: _share(100 * s.failed, s.finished),
    "retries": lambda s: (s.retries if s.started else None, s.started),
    "retry_amplification": lambda s: _share(s.started + s.retries, s.started),
}
