"""What a value of a reply must be: a value, one of several, or a property of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, TypeGuard

from pydantic import AfterValidator, JsonValue

from jobload.plan.flow.json_path import check_json_path
from jobload.plan.flow.template import check_unfilled
from jobload.plan.problem import did_you_mean, listing, shown

_KEYS = ("exists", "min", "max", "matches")
SHOWN_CHARACTERS = 80


def check_condition(wanted: JsonValue) -> JsonValue:
    if isinstance(wanted, list):
        if not wanted:
            raise ValueError("an empty list is met by nothing; give the values that are right")
        if any(isinstance(each, dict | list) for each in wanted):
            raise ValueError("expected a list of plain values, one of which is right")
    if isinstance(wanted, dict):
        _check_properties(wanted)
    return wanted


def _check_properties(wanted: dict[str, JsonValue]) -> None:
    if not wanted:
        raise ValueError(f"is empty; expected {listing(_KEYS)}")
    for key, value in wanted.items():
        if key not in _KEYS:
            raise ValueError(f"unknown key {key}; {did_you_mean(key, _KEYS)}")
        if key == "exists" and not isinstance(value, bool):
            raise ValueError(f"exists is true or false, not {shown(value)}")
        if key in ("min", "max") and not _is_number(value):
            raise ValueError(f"{key} is a number, not {shown(value)}")
        if key == "matches":
            check_regex(value)
    low, high = wanted.get("min"), wanted.get("max")
    if _is_number(low) and _is_number(high) and low > high:
        raise ValueError(f"min {low} is more than max {high}, so nothing meets it")
    if wanted.get("exists") is False and len(wanted) > 1:
        raise ValueError("what must not exist has no other property")


def check_regex(value: object) -> re.Pattern[str]:
    if not isinstance(value, str):
        raise ValueError(f"expected a regular expression, not {shown(value)}")
    check_unfilled(value)
    try:
        return re.compile(value)
    except re.error as error:
        raise ValueError(f"{shown(value)} is no regular expression: {error}") from None


Wanted = Annotated[JsonValue, AfterValidator(check_condition)]
Conditions = dict[Annotated[str, AfterValidator(check_json_path)], Wanted]
"""By JSONPath."""
Fill = Callable[[str], Any]
"""What a text with `{{ }}` comes to."""


def unmet(path: str, values: Sequence[Any], wanted: JsonValue, fill: Fill) -> str | None:
    """What does not hold, and what was there; None: it holds. Each of several values must."""
    if isinstance(wanted, dict) and wanted.get("exists") is False:
        return f"{path} is {as_json(values[0])}, expected nothing there" if values else None
    if not values:
        return f"{path} is not there, expected {words(wanted, fill)}"
    for value in values:
        if not _meets(value, wanted, fill):
            return f"{path} is {as_json(value)}, expected {words(wanted, fill)}"
    return None


def _meets(value: Any, wanted: JsonValue, fill: Fill) -> bool:
    if isinstance(wanted, list):
        return any(_same(value, _filled(each, fill)) for each in wanted)
    if not isinstance(wanted, dict):
        return _same(value, _filled(wanted, fill))
    low, high, pattern = wanted.get("min"), wanted.get("max"), wanted.get("matches")
    if (low is not None or high is not None) and not _is_number(value):
        return False
    if (low is not None and value < low) or (high is not None and value > high):
        return False
    return pattern is None or re.search(str(pattern), text_of(value)) is not None


def _same(value: Any, wanted: Any) -> bool:
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _filled(wanted: JsonValue, fill: Fill) -> Any:
    return fill(wanted) if isinstance(wanted, str) else wanted


def words(wanted: JsonValue, fill: Fill) -> str:
    if isinstance(wanted, list):
        return listing([as_json(_filled(each, fill)) for each in wanted])
    if not isinstance(wanted, dict):
        return as_json(_filled(wanted, fill))
    return " and ".join(_property_words(wanted))


def _property_words(wanted: dict[str, JsonValue]) -> Iterator[str]:
    if wanted.keys() == {"exists"}:
        yield "something"
    if "min" in wanted:
        yield f"at least {wanted['min']}"
    if "max" in wanted:
        yield f"at most {wanted['max']}"
    if "matches" in wanted:
        yield f"what matches {wanted['matches']}"


def as_json(value: Any) -> str:
    """A value as JSON has it, cut to a readable length."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def text_of(value: Any) -> str:
    """A value within a text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
