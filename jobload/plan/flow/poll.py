"""A request that is sent again until its reply says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue

from jobload.plan.duration import Duration, Timeout, format_duration
from jobload.plan.expect import check_status, expanded, listed
from jobload.plan.flow.condition import check_condition
from jobload.plan.flow.json_path import check_json_path
from jobload.plan.strict_model import StrictModel

_STATUS = "status"


def _check_outcome_key(key: str) -> str:
    return key if key == _STATUS else check_json_path(key)


def _check_outcome(wanted: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if not wanted:
        raise ValueError("is empty; expected a JSONPath and its value, as in {$.status: done}")
    for key, value in wanted.items():
        try:
            if key != _STATUS or value == []:
                check_condition(value)
            for each in listed(value) if key == _STATUS else ():
                check_status(each)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
    return wanted


Outcome = Annotated[
    dict[Annotated[str, AfterValidator(_check_outcome_key)], JsonValue],
    AfterValidator(_check_outcome),
]
"""By JSONPath, or `status`: all of it must hold."""


def statuses_of(outcome: dict[str, JsonValue]) -> frozenset[int] | None:
    """Those that it names; None: any."""
    if _STATUS not in outcome:
        return None
    return expanded(check_status(each) for each in listed(outcome[_STATUS]))


def conditions_of(outcome: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {path: wanted for path, wanted in outcome.items() if path != _STATUS}


class Poll(StrictModel):
    """The request is sent again until its reply says so."""

    until: Outcome
    """What the last reply must say: JSONPath, or status, and its value."""
    fail: Outcome | None = None
    """What ends it as a failure."""
    every_s: Annotated[Duration, Field(alias="every")] = 1.0
    """From one reply to the next request; a longer Retry-After is obeyed."""
    timeout_s: Annotated[Timeout, Field(alias="timeout")] = 30.0
    """When it must have come to that."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        if self.every_s > self.timeout_s:
            yield (
                "every",
                f"asks again after {format_duration(self.every_s)}, and the poll ends after"
                f" {format_duration(self.timeout_s)}: it would ask only once",
            )
        if self.until == self.fail:
            yield "fail", "is the same as until, so no reply could be told from a failure"

    @property
    def statuses(self) -> frozenset[int]:
        """What its outcomes name is no failure of the request."""
        named = (statuses_of(each) for each in (self.until, self.fail or {}))
        return frozenset().union(*(each for each in named if each is not None))
