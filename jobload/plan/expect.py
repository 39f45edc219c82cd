"""What makes an operation a success."""

import re
from functools import cached_property
from typing import Annotated

from pydantic import (
    BeforeValidator,
    Field,
    StrictInt,
    StrictStr,
    WithJsonSchema,
)

from jobload.plan.part import Part

_RANGE = re.compile(r"([1-5]\d\d)-([1-5]\d\d)", re.ASCII)


def _check_status(value: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
        return value
    if isinstance(value, str) and (match := _RANGE.fullmatch(value)):
        if match[1] > match[2]:
            raise ValueError(f"the range {value} is upside down; write {match[2]}-{match[1]}")
        return value
    raise ValueError(f"expected a status such as 201 or a range such as 200-399, not {value!r}")


Status = Annotated[
    StrictInt | StrictStr,
    BeforeValidator(_check_status),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 100, "maximum": 599},
                {"type": "string", "pattern": "^[1-5][0-9]{2}-[1-5][0-9]{2}$"},
            ],
            "description": "a status such as 201 or a range such as 200-399",
        }
    ),
]


class Expect(Part):
    status: Annotated[tuple[Status, ...], Field(min_length=1, strict=False)] = ("200-399",)
    """Status codes of a success."""
    json_keys: Annotated[tuple[str, ...], Field(strict=False, alias="json")] = ()
    """Keys that the JSON object of the reply must have."""

    @cached_property
    def statuses(self) -> frozenset[int]:
        return frozenset(status for entry in self.status for status in _expand(entry))

    def accepts(self, status: int) -> bool:
        return status in self.statuses


def _expand(entry: int | str) -> range:
    if isinstance(entry, int):
        return range(entry, entry + 1)
    low, high = entry.split("-")
    return range(int(low), int(high) + 1)
