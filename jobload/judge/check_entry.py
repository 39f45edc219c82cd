"""A check as it stands in thresholds.yaml, before it is set against the scenario it is about."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from jobload.judge.check_spec import WINDOW_S, Level
from jobload.judge.limit import parse_limit
from jobload.judge.metric import EXAMPLES, parse_metric
from jobload.plan.duration import Duration
from jobload.plan.part import Part
from jobload.plan.problem import shown

DEFAULT_ERROR_RATE = "<= 1%"
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


def _check_error_rate(text: str) -> str:
    parse_limit(parse_metric("error_rate"), text)
    return text


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
                {"type": "string", "pattern": r"^(service_)?p\d{1,2}(\.\d{1,4})?$"},
            ],
            "description": "what is checked; any percentile, such as p99.5",
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
    Field(
        description="what must hold: <=, >=, < or > and a figure with its unit",
        json_schema_extra={"pattern": r"^\s*(<=|>=|<|>)\s*\d", "examples": [">= 40/s", "<= 1%"]},
    ),
]


class CheckEntry(Part):
    metric: MetricName
    expect: Expectation | None = None
    stage: Annotated[
        str | None, Field(description="one stage; without it all judged stages together")
    ] = None
    endpoint: Annotated[
        str | None, Field(description="one endpoint, such as POST /api/v1/jobs")
    ] = None
    level: Annotated[
        Level | None, Field(description="warn: say so, but let the run pass (default: fail)")
    ] = None
    for_s: Annotated[
        Duration | None,
        Field(alias="for", description="breached only when every window of a stretch this long is"),
    ] = None
    grace_s: Annotated[
        Duration | None,
        Field(alias="grace", description="not judged: so much from the start of the stage"),
    ] = None
    abort: Annotated[
        Literal["scenario", "run", False] | None,
        BeforeValidator(_read_abort),
        Field(description="true: a breach ends the scenario at once; run: the whole run"),
        WithJsonSchema({"enum": [True, False, "scenario", "run"]}),
    ] = None
    within: Annotated[Share | None, Field(description="the share of windows that must meet it")] = (
        None
    )
    window_s: Annotated[
        WholeSeconds | None,
        Field(alias="window", description=f"length of a window (default: {WINDOW_S}s)"),
    ] = None
    max_increase: Annotated[
        Percent | None, Field(description="at most so much more than the baseline")
    ] = None
    max_decrease: Annotated[
        Percent | None, Field(description="at most so much less than the baseline")
    ] = None
    min_delta: Annotated[
        str | None,
        Field(description="with max_increase or max_decrease: smaller changes never count"),
    ] = None


class Defaults(Part):
    error_rate: Annotated[
        Expectation,
        AfterValidator(_check_error_rate),
        Field(description="implied where a scenario checks no error rate, step_stress excepted"),
    ] = DEFAULT_ERROR_RATE
    level: Level = "fail"
    window_s: Annotated[WholeSeconds, Field(alias="window")] = float(WINDOW_S)
