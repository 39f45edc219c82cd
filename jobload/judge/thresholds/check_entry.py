"""A check as it stands in thresholds.yaml, before it is set against the scenario it is about."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from jobload.judge.thresholds.check_spec import WINDOW_S, Level
from jobload.judge.thresholds.limit import parse_limit
from jobload.judge.thresholds.metric import EXAMPLES, OBSERVE, parse_metric
from jobload.plan.duration import Duration
from jobload.plan.field_types import NAME
from jobload.plan.problem import shown
from jobload.plan.strict_model import StrictModel

DEFAULT_ERROR_RATE = "<= 1%"
DEFAULT_MISSED = "<= 1%"
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%", re.ASCII)


def _read_percent(value: Any) -> float:
    match = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError(f"expected a percentage such as 95%, not {shown(value)}")
    return float(match[1])


def _read_abort(value: Any) -> Any:
    if value is True:
        return "scenario"
    if value is False or value in ("scenario", "run"):
        return value
    raise ValueError(f"expected true, false, scenario or run, not {shown(value)}")


def _check_metric(name: str) -> str:
    return parse_metric(name).name


def _check_whole_seconds(seconds: float) -> float:
    if seconds != int(seconds):
        raise ValueError("expected whole seconds, as in 5s")
    return seconds


def _check_share(percent: float) -> float:
    if not 0 < percent <= 100:
        raise ValueError(f"expected more than 0% and at most 100%, not {percent:g}%")
    return percent


def _check_bound(metric: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        limit = parse_limit(parse_metric(metric), text)
        if limit.comparator not in ("<=", "<") or limit.unit != "%":
            raise ValueError(f"expected <= or < and a share, as in '<= 1%', not {shown(text)}")
        return text

    return check


_percent_schema = WithJsonSchema(
    {"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$", "description": "such as 95%"}
)
MetricName = Annotated[
    str,
    AfterValidator(_check_metric),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": [*EXAMPLES]},
                {"type": "string", "pattern": r"^(service_|completion_)?p\d{1,2}(\.\d{1,4})?$"},
                {"type": "string", "pattern": f"^{OBSERVE}{NAME.pattern}$"},
            ],
            "description": "What is checked; any percentile, as p99.5, and any query of observe:",
        }
    ),
]
Percent = Annotated[float, BeforeValidator(_read_percent), _percent_schema]
Share = Annotated[
    float, AfterValidator(_check_share), BeforeValidator(_read_percent), _percent_schema
]
WholeSeconds = Annotated[Duration, AfterValidator(_check_whole_seconds)]
Expectation = Annotated[
    str,
    Field(json_schema_extra={"pattern": r"^\s*(<=|>=|<|>)\s*\d", "examples": [">= 40/s", "<= 1%"]}),
]
Abort = Annotated[
    Literal["scenario", "run", False],
    BeforeValidator(_read_abort),
    WithJsonSchema({"enum": [True, False, "scenario", "run"]}),
]


class CheckEntry(StrictModel):
    metric: MetricName
    expect: Expectation | None = None
    """What must hold: <=, >=, < or > and a figure with its unit."""
    stage: str | None = None
    """One stage; without it all judged stages together."""
    endpoint: str | None = None
    """One endpoint, such as POST /api/v1/jobs."""
    level: Level | None = None
    """warn: say so, but let the run pass (default: fail)."""
    for_s: Annotated[Duration | None, Field(alias="for")] = None
    """Breached only when every window of a stretch this long is; rounded up to whole windows."""
    within: Share | None = None
    """The share of windows that must meet it, as in 90%."""
    grace_s: Annotated[Duration | None, Field(alias="grace")] = None
    """Not judged: so much from the start of each stage."""
    window_s: Annotated[WholeSeconds | None, Field(alias="window")] = None
    """Of for, within and abort: length of a window (default: 5s)."""
    abort: Abort | None = None
    """true: a breach, by default of one window, ends the scenario at once; run: the whole run."""
    max_increase: Percent | None = None
    """Instead of expect: at most so much more than the baseline, as in 10%."""
    max_decrease: Percent | None = None
    """Instead of expect: at most so much less than the baseline, as in 10%."""
    min_delta: str | None = None
    """Needed beside max_increase or max_decrease: smaller changes never count."""


class Defaults(StrictModel):
    error_rate: Annotated[Expectation, AfterValidator(_check_bound("error_rate"))] = (
        DEFAULT_ERROR_RATE
    )
    """Implied where a scenario has no such limit of its own for all that is judged; step_stress
    has none."""
    missed: Annotated[Expectation, AfterValidator(_check_bound("missed"))] = DEFAULT_MISSED
    """The same of arrivals that no user was free for before their stage ended."""
    level: Level = "fail"
    """Of checks that name none: warn lets the run pass."""
    window_s: Annotated[WholeSeconds, Field(alias="window")] = float(WINDOW_S)
    """Length of a window, of checks that name none."""
