"""What a check can be about, and the units its limit may have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from jobload.plan.problem import did_you_mean

Unit = Literal["/s", "%", "ms", ""]
Statistic = Literal[
    "throughput",
    "goodput",
    "error_rate",
    "retries",
    "retry_amplification",
    "missed",
    "recovery_time",
    "drift",
    "percentile",
    "min",
    "mean",
    "max",
]

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,4})?)", re.ASCII)
_SERVICE = "service_"

_UNITS: dict[Statistic, tuple[Unit, ...]] = {
    "throughput": ("/s",),
    "goodput": ("/s",),
    "error_rate": ("%",),
    "retries": ("",),
    "retry_amplification": ("",),
    "missed": ("", "%"),
    "recovery_time": ("ms",),
    "drift": ("%",),
}
_TIMES: tuple[Statistic, ...] = ("min", "mean", "max")
EXAMPLES = (
    *_UNITS,
    *("p50", "p95", "p99", "p99.9", *_TIMES),
    *(f"{_SERVICE}{name}" for name in ("p50", "p95", "p99", "p99.9", *_TIMES)),
)
WHOLE_SCENARIO: tuple[Statistic, ...] = ("recovery_time", "drift")
"""Known only at the end of a scenario, from several of its stages."""


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    statistic: Statistic
    units: tuple[Unit, ...]
    """Those its limit may have, all of them base units."""
    of_service_time: bool = False
    percentile: float | None = None


def parse_metric(name: str) -> Metric:
    for statistic, units in _UNITS.items():
        if name == statistic:
            return Metric(name, statistic, units)
    of_service_time = name.startswith(_SERVICE)
    bare = name.removeprefix(_SERVICE)
    for statistic in _TIMES:
        if bare == statistic:
            return Metric(name, statistic, ("ms",), of_service_time)
    if (match := _PERCENTILE.fullmatch(bare)) and float(match[1]) > 0:
        percentile = float(match[1])
        canonical = f"{_SERVICE if of_service_time else ''}p{percentile:g}"
        return Metric(canonical, "percentile", ("ms",), of_service_time, percentile)
    raise ValueError(f"no metric is called {name!r}; {did_you_mean(name, EXAMPLES)}")
