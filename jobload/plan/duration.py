"""Durations as people write them: `500ms`, `30s`, `1m30s`."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from jobload.plan.problem import shown

_UNITS_S = {"h": Decimal(3600), "m": Decimal(60), "s": Decimal(1), "ms": Decimal("0.001")}
_PATTERN = re.compile(
    r"(?:(?P<h>\d+(?:\.\d+)?)h)?"
    r"(?:(?P<m>\d+(?:\.\d+)?)m(?!s))?"
    r"(?:(?P<s>\d+(?:\.\d+)?)s)?"
    r"(?:(?P<ms>\d+(?:\.\d+)?)ms)?",
    re.ASCII,
)
DURATION_PATTERN = r"^(?=\d)(\d+(\.\d+)?h)?(\d+(\.\d+)?m(?!s))?(\d+(\.\d+)?s)?(\d+(\.\d+)?ms)?$"
"""For other programs' checks, such as an editor's."""
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)


def parse_duration(text: str) -> float:
    """Seconds. Raises ValueError with a sentence that says what is missing."""
    if _NUMBER.fullmatch(text):
        raise ValueError(
            f"{text} has no unit; write {text}s for seconds (or ms, m, h, as in 500ms, 1m30s)"
        )
    match = _PATTERN.fullmatch(text)
    if not text or not match:
        raise ValueError(f"expected a duration such as 30s, 1m30s or 500ms, not {shown(text)}")
    parts = match.groupdict(default="0")
    return float(sum(Decimal(parts[unit]) * size_s for unit, size_s in _UNITS_S.items()))


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
            raise ValueError("expected a duration such as 30s, 1m30s or 500ms")
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
        "description": "a duration such as 30s, 1m30s or 500ms",
    }
)
_HOUR_S = 3600.0
_WEEK_S = 7 * 24 * _HOUR_S

Duration = Annotated[float, _read(0.001, _WEEK_S), _as_text, _schema]
DurationOrZero = Annotated[float, _read(0.0, _WEEK_S), _as_text, _schema]
Timeout = Annotated[float, _read(0.001, _HOUR_S), _as_text, _schema]
