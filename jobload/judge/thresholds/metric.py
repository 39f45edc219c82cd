"""What a check can be about, and the units its limit may have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from jobload.plan.field_types import NAME
from jobload.plan.problem import did_you_mean, shown

Unit = Literal["/s", "%", "ms", "", "s", "bytes", "bytes/s"]
Statistic = Literal[
    "throughput",
    "goodput",
    "error_rate",
    "request_rate",
    "request_error_rate",
    "retries",
    "retry_amplification",
    "missed",
    "abandoned",
    "recovery_time",
    "drift",
    "capacity",
    "observed",
    "percentile",
    "min",
    "mean",
    "max",
]

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,4})?)", re.ASCII)
Times = Literal["response", "service", "completion"]
OBSERVE = "observe:"
"""Before the name of a query of scenarios.yaml."""
_OBSERVED = re.compile(re.escape(OBSERVE) + NAME.pattern, re.ASCII)
_PREFIXES: dict[Times, str] = {"response": "", "service": "service_", "completion": "completion_"}

_UNITS: dict[Statistic, tuple[Unit, ...]] = {
    "throughput": ("/s",),
    "goodput": ("/s",),
    "error_rate": ("%",),
    "request_rate": ("/s",),
    "request_error_rate": ("%",),
    "retries": ("",),
    "retry_amplification": ("",),
    "missed": ("", "%"),
    "abandoned": ("", "%"),
    "recovery_time": ("ms",),
    "drift": ("%",),
    "capacity": ("/s",),
}
_TIMES: tuple[Statistic, ...] = ("min", "mean", "max")
EXAMPLES = (
    *_UNITS,
    *(f"{p}{name}" for p in _PREFIXES.values() for name in ("p50", "p95", "p99", "p99.9", *_TIMES)),
)
RATES: tuple[Statistic, ...] = ("throughput", "goodput", "request_rate")
"""How many there are hangs on how many arrivals were offered."""
WHOLE_SCENARIO: tuple[Statistic, ...] = ("recovery_time", "drift", "capacity")
"""Known only at the end of a scenario, from several of its stages."""


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    statistic: Statistic
    units: tuple[Unit, ...]
    """Those its limit may have, all of them base units."""
    of: Times = "response"
    percentile: float | None = None

    @property
    def of_followed_jobs(self) -> bool:
        """Such figures are kept for a stage as a whole."""
        return self.of == "completion" or self.statistic == "abandoned"

    @property
    def observed(self) -> str | None:
        """The name of a query; its units are known to whoever knows the query."""
        return self.name.removeprefix(OBSERVE) if self.statistic == "observed" else None


@cache
def parse_metric(name: str) -> Metric:
    for statistic, units in _UNITS.items():
        if name == statistic:
            return Metric(name, statistic, units)
    if _OBSERVED.fullmatch(name):
        return Metric(name, "observed", ("",))
    of, prefix = next((t, p) for t, p in reversed(_PREFIXES.items()) if name.startswith(p))
    bare = name.removeprefix(prefix)
    for statistic in _TIMES:
        if bare == statistic:
            return Metric(name, statistic, ("ms",), of)
    if (match := _PERCENTILE.fullmatch(bare)) and float(match[1]) > 0:
        percentile = float(match[1])
        return Metric(f"{prefix}p{percentile:g}", "percentile", ("ms",), of, percentile)
    raise ValueError(
        f"no metric is called {shown(name)}; {did_you_mean(name, (*EXAMPLES, f'{OBSERVE}NAME'))}"
    )
