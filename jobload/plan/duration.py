"""Durations as people write them: `500ms`, `30s`, `1m30s`."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from jobload.plan.problem import shown

_UNITS_S = {"h": Decimal(3600), "m": Decimal(60), "s": Decimal(1), "ms": Decimal("0.001")}
DURATION_PATTERN = r"^(?=\d)(\d+(\.\d+)?h)?(\d+(\.\d+)?m(?!s))?(\d+(\.\d+)?s)?(\d+(\.\d+)?ms)?$"
"""An editor's check as well."""
_PART = re.compile(r"([\d.]+)(ms|[hms])", re.ASCII)
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_EXPECTED = "expected a duration such as 30s, 1m30s or 500ms"


def parse_duration(text: str) -> float:
    """Seconds. Raises ValueError with a sentence that says what is missing."""
    if _NUMBER.fullmatch(text):
        raise ValueError(
            f"{text} has no unit; write {text}s for seconds (or ms, m, h, as in 500ms, 1m30s)"
        )
    if not re.fullmatch(DURATION_PATTERN, text, re.ASCII):
        raise ValueError(f"{_EXPECTED}, not {shown(text)}")
    return float(sum(Decimal(count) * _UNITS_S[unit] for count, unit in _PART.findall(text)))


def format_duration(seconds: float) -> str:
    """The shortest text that parse_duration turns back into exactly these seconds."""
    if 0 < seconds < 1 and float(millis := Decimal(repr(seconds)) * 1000) == int(millis):
        return f"{int(millis)}ms"
    if seconds < 60 or seconds != int(seconds):
        return f"{Decimal(repr(seconds)).normalize():f}s"
    minutes, rest_s = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest_s, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count)


def _read(shortest_s: float, longest_s: float) -> BeforeValidator:
    def read(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(f"{_EXPECTED}, not {shown(value)}")
        seconds = parse_duration(value if isinstance(value, str) else f"{value:g}")
        if not shortest_s <= seconds <= longest_s:
            low, high = format_duration(shortest_s), format_duration(longest_s)
            raise ValueError(f"expected a duration from {low} to {high}, not {value}")
        return seconds

    return BeforeValidator(read)


_as_text = PlainSerializer(format_duration, return_type=str, when_used="json")
_schema = WithJsonSchema(
    {
        "type": "string",
        "pattern": DURATION_PATTERN,
        "description": _EXPECTED.removeprefix("expected "),
    }
)
_HOUR_S = 3600.0
_WEEK_S = 7 * 24 * _HOUR_S

Duration = Annotated[float, _read(0.001, _WEEK_S), _as_text, _schema]
DurationOrZero = Annotated[float, _read(0.0, _WEEK_S), _as_text, _schema]
Timeout = Annotated[float, _read(0.001, _HOUR_S), _as_text, _schema]
QueryInterval = Annotated[float, _read(1.0, 60.0), _as_text, _schema]
