"""The plainest number or text that a schema allows."""

from __future__ import annotations

import math
import re
from random import Random
from typing import Any

from rstr import Rstr

from jobload.init.loose_data import listed
from jobload.init.openapi.openapi_document import CannotSendError

LONGEST_TEXT = 10_000
_BY_FORMAT = {
    "date": "2026-01-15",
    "time": "12:00:00Z",
    "duration": "PT1M",
    "email": "user@example.com",
    "idn-email": "user@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uri-reference": "/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "am9ibG9hZA==",
}


def kind_of_schema(schema: dict[str, Any]) -> str:
    declared = schema.get("type")
    kinds = [declared] if isinstance(declared, str) else listed(declared)
    for kind in kinds:
        if kind != "null":
            return str(kind)
    if kinds:
        return "null"
    if {"properties", "required", "additionalProperties"} & set(schema):
        return "object"
    if {"items", "prefixItems"} & set(schema):
        return "array"
    return "number" if {"minimum", "maximum"} & set(schema) else "string"


def number_in(value: Any, otherwise: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e15 else otherwise


def plain_number(schema: dict[str, Any], otherwise: float) -> float:
    step = abs(number_in(schema.get("multipleOf"), 0))
    step = step or (1 if kind_of_schema(schema) == "integer" else 0)
    low = number_in(schema.get("minimum"), -math.inf)
    if "exclusiveMinimum" in schema:
        low = max(low, number_in(schema["exclusiveMinimum"], low) + (step or 0.5))
    high = number_in(schema.get("maximum"), math.inf)
    if "exclusiveMaximum" in schema:
        high = min(high, number_in(schema["exclusiveMaximum"], high) - (step or 0.5))
    value = min(max(otherwise, low), high)
    if low > high:
        raise CannotSendError("its schema allows no number at all")
    return math.ceil(value / step) * step if step and value % step else value


def plain_text(schema: dict[str, Any], name: str) -> str:
    shortest = int(number_in(schema.get("minLength"), 0))
    longest = int(number_in(schema.get("maxLength"), max(shortest, LONGEST_TEXT)))
    candidates = [_BY_FORMAT.get(str(schema.get("format")), name), "text", "a", "1", "A"]
    sized = [_sized(each, shortest, longest) for each in candidates]
    return _matching(schema.get("pattern"), sized)


def _sized(text: str, shortest: int, longest: int) -> str:
    if len(text) < shortest:
        text = (text * shortest)[:shortest]
    return text[: max(longest, 0)]


def _matching(pattern: Any, candidates: list[str]) -> str:
    if not isinstance(pattern, str):
        return candidates[0]
    try:
        known = re.compile(pattern)
        for text in candidates:
            if known.search(text):
                return text
        return Rstr(Random(0)).xeger(pattern)
    except (re.error, KeyError, OverflowError, RecursionError, MemoryError, ValueError):
        raise CannotSendError(f"no text could be made for the pattern {pattern!r}") from None


def all_different(values: list[Any]) -> list[Any]:
    first = values[0] if values else None
    if isinstance(first, bool) or len({repr(value) for value in values}) == len(values):
        return values[:1] if isinstance(first, bool) else values
    if isinstance(first, int):
        return [first + index for index in range(len(values))]
    if isinstance(first, str) and "{{" not in first:
        return [f"{first}{index or ''}" for index in range(len(values))]
    return values
