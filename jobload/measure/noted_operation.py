"""Operations that are told one by one: the slowest of a stage, and the first of it that failed.

Each process keeps as many as are told in the end, so that those of all processes together are those
that one process would have kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

import msgspec

from jobload.measure.record import MOST, Count, Record

MOST_NOTED = 10
MOST_ATTEMPTS = 20
"""Of one operation; a poll may go on for long."""

Name = Annotated[str, msgspec.Meta(max_length=2000)]
TraceId = Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{32})?\Z")]
SpanId = Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{16})?\Z")]
Moment = Annotated[int, msgspec.Meta(ge=0, le=MOST)]


class NotedAttempt(msgspec.Struct, frozen=True, array_like=True):
    """One request, in µs after the intended start of its operation. `arrived_us` is null where no
    reply came, or nobody knows when; `read_us` is when it was read, or given up."""

    step: Name
    sent_us: Moment
    arrived_us: Moment | None
    read_us: Moment
    outcome: Name = ""
    """Nothing: it was good."""
    span: SpanId = ""


class NotedOperation(msgspec.Struct, frozen=True, array_like=True):
    """`at_us` is its intended start, counted from that of the run. Pauses of the plan, `paused_us`,
    are no part of `response_us`. Of more attempts than are kept, those before the last are not
    `listed`."""

    name: Name
    at_us: Moment
    waited_us: Moment
    response_us: Moment
    paused_us: Moment
    retries: Count
    outcome: Name
    """Nothing: it succeeded."""
    step: Name
    """The one that failed, or of a success took longest; the operation's name if there is none."""
    attempts: Annotated[tuple[NotedAttempt, ...], msgspec.Meta(max_length=MOST_ATTEMPTS)]
    unlisted: Count = 0
    trace: TraceId = ""
    span: SpanId = ""

    @property
    def ended_us(self) -> int:
        return self.at_us + self.paused_us + self.response_us


Noted = Annotated[tuple[NotedOperation, ...], msgspec.Meta(max_length=MOST_NOTED)]


class NotedOperations(Record):
    """`slowest` are of those that succeeded, the slowest first; `failed` in the order in which they
    failed."""

    slowest: Noted = ()
    failed: Noted = ()

    def note_slow(self, operation: NotedOperation) -> int:
        """Up to which response time others need not be told of any more."""
        self.slowest = slowest((*self.slowest, operation))
        return self.slowest[-1].response_us if len(self.slowest) == MOST_NOTED else -1

    @property
    def wants_failed(self) -> bool:
        return len(self.failed) < MOST_NOTED

    def merge(self, other: Self) -> None:
        self.slowest = slowest((*self.slowest, *other.slowest))
        self.failed = first_failed((*self.failed, *other.failed))


def slowest(operations: Iterable[NotedOperation]) -> tuple[NotedOperation, ...]:
    return tuple(sorted(operations, key=by_slowness)[:MOST_NOTED])


def first_failed(operations: Iterable[NotedOperation]) -> tuple[NotedOperation, ...]:
    return tuple(sorted(operations, key=by_end)[:MOST_NOTED])


def by_slowness(operation: NotedOperation) -> tuple[int, int, str]:
    return -operation.response_us, operation.at_us, operation.name


def by_end(operation: NotedOperation) -> tuple[int, int, str]:
    return operation.ended_us, operation.at_us, operation.name
