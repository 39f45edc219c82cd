"""What makes an operation a success."""

import json
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    StrictInt,
    StrictStr,
    Tag,
    WithJsonSchema,
)

from jobload.plan.flow.condition import Conditions, Wanted, check_regex
from jobload.plan.headers import check_header_name
from jobload.plan.problem import shown
from jobload.plan.strict_model import StrictModel

_RANGE = re.compile(r"([1-5]\d\d)-([1-5]\d\d)", re.ASCII)
_CLASS = re.compile(r"([1-5])xx", re.ASCII)


def check_status(value: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
        return value
    if isinstance(value, str) and (match := _RANGE.fullmatch(value)):
        if match[1] > match[2]:
            raise ValueError(f"the range {value} is upside down; write {match[2]}-{match[1]}")
        return value
    if isinstance(value, str) and _CLASS.fullmatch(value):
        return value
    raise ValueError(
        f"expected a status such as 201, a class such as 5xx or a range such as 200-399,"
        f" not {shown(value)}"
    )


Status = Annotated[
    StrictInt | StrictStr,
    BeforeValidator(check_status),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 100, "maximum": 599},
                {"type": "string", "pattern": "^[1-5]([0-9]{2}-[1-5][0-9]{2}|xx)$"},
            ],
            "description": "a status such as 201, a class such as 5xx or a range such as 200-399",
        }
    ),
]


def listed(value: Any) -> Any:
    """One by itself is a list of one."""
    return value if isinstance(value, list | tuple) else [value]


_List = Annotated[tuple[Status, ...], Field(min_length=1, strict=False)]
Statuses = Annotated[_List, BeforeValidator(listed, json_schema_input_type=Status | _List)]


def _check_body(pattern: str) -> str:
    check_regex(pattern)
    return pattern


def _check_key(key: str) -> str:
    if key.startswith(("$.", "$[")):
        condition = f"{{{json.dumps(key)}: {{exists: true}}}}"
        raise ValueError(f"{shown(key)} is a JSONPath, and a list has keys; write {condition}")
    return key


class Expect(StrictModel):
    status: Statuses = ("200-399",)
    """Status codes of a success; one, or a list."""
    json_values: Annotated[
        Annotated[
            tuple[Annotated[str, AfterValidator(_check_key)], ...],
            Field(strict=False),
            Tag("[keys]"),
        ]
        | Annotated[Conditions, Tag("[values]")],
        Discriminator(lambda said: "[values]" if isinstance(said, dict) else "[keys]"),
        Field(alias="json"),
    ] = ()
    """Keys that the JSON object of the reply must have; or by JSONPath what is there: a value, a
    list of values, or {exists: true}, {min: 1, max: 9}, {matches: PATTERN}."""
    headers: dict[Annotated[str, AfterValidator(check_header_name)], Wanted] = Field(
        default_factory=dict
    )
    """Of the reply, each with its value as in `json`."""
    body: Annotated[str, AfterValidator(_check_body)] | None = None
    """A regular expression that is found in the reply."""

    @cached_property
    def statuses(self) -> frozenset[int]:
        return expanded(self.status)

    @property
    def json_keys(self) -> tuple[str, ...]:
        return () if isinstance(self.json_values, dict) else self.json_values

    @property
    def conditions(self) -> Conditions:
        """By JSONPath."""
        return self.json_values if isinstance(self.json_values, dict) else {}

    def accepts(self, status: int) -> bool:
        return status in self.statuses


def expanded(entries: Iterable[int | str]) -> frozenset[int]:
    """Every status that one of the entries means."""
    return frozenset(status for entry in entries for status in _expand(entry))


def _expand(entry: int | str) -> range:
    if isinstance(entry, int):
        return range(entry, entry + 1)
    if match := _CLASS.fullmatch(entry):
        return range(int(match[1]) * 100, int(match[1]) * 100 + 100)
    low, high = entry.split("-")
    return range(int(low), int(high) + 1)
