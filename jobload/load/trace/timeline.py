"""What an operation went through, by the clock of its process, and as it is told."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple

from jobload.load.http.reply import Reply
from jobload.load.trace.trace import Trace
from jobload.measure.noted_operation import MOST_ATTEMPTS, NotedAttempt, NotedOperation


class AttemptTimes(NamedTuple):
    """One request. Without a reply none arrived, and `read_s` is when it was given up."""

    step: str
    sent_s: float
    arrived_s: float | None
    read_s: float
    outcome: str
    span: str


Answered = tuple[str, float, float, float, str, str]
"""One that was answered: step, `read_s`, `lag_s` and `target_s` of its reply, outcome, span."""


def attempt_times(
    step: str, reply: Reply | None, failed_after_s: float, outcome: str, trace: Trace | None
) -> AttemptTimes:
    """Of the request that has just come to its end, `failed_after_s` if that was without a reply. A
    connection that had to be made first is a part of it."""
    span = trace.span if trace is not None else ""
    if reply is None:
        now_s = perf_counter()
        return AttemptTimes(step, now_s - failed_after_s, None, now_s, outcome, span)
    return _answered(step, reply.read_s, reply.lag_s, reply.target_s, outcome, span)


def _answered(
    step: str, read_s: float, lag_s: float, target_s: float, outcome: str, span: str
) -> AttemptTimes:
    arrived_s = read_s - lag_s if lag_s >= 0.0 else None
    sent_s = read_s - max(lag_s, 0.0) - target_s
    return AttemptTimes(step, sent_s, arrived_s, read_s, outcome, span)


class Timeline:
    """The attempts of one operation, of very many the first and the last. What is needed only if it
    is told of, is made only then."""

    __slots__ = ("_kept", "unlisted")

    def __init__(self) -> None:
        self._kept: list[AttemptTimes | Answered] = []
        self.unlisted = 0

    def add(self, attempt: AttemptTimes | Answered) -> None:
        kept = self._kept
        if len(kept) == MOST_ATTEMPTS:
            kept.pop()
            self.unlisted += 1
        kept.append(attempt)

    @property
    def attempts(self) -> list[AttemptTimes]:
        return [each if isinstance(each, AttemptTimes) else _answered(*each) for each in self._kept]


def noted(
    name: str,
    timeline: Timeline,
    *,
    run_began_s: float,
    intended_s: float,
    began_s: float,
    response_us: int,
    outcome: str = "",
    step: str | None = None,
    paused_s: float = 0.0,
    retries: int = 0,
    trace: Trace | None = None,
) -> NotedOperation:
    """`step` is the one that failed, where it is known."""
    attempts = timeline.attempts
    return NotedOperation(
        name=name,
        at_us=_us(intended_s - run_began_s),
        waited_us=_us(began_s - intended_s),
        response_us=max(0, response_us),
        paused_us=_us(paused_s),
        retries=retries,
        outcome=outcome,
        step=step or _longest(attempts) or name,
        attempts=tuple(_told(each, intended_s) for each in attempts),
        unlisted=timeline.unlisted,
        trace=trace.id if trace is not None else "",
        span=trace.root if trace is not None else "",
    )


def _told(attempt: AttemptTimes, intended_s: float) -> NotedAttempt:
    arrived_s = attempt.arrived_s
    return NotedAttempt(
        attempt.step,
        _us(attempt.sent_s - intended_s),
        None if arrived_s is None else _us(arrived_s - intended_s),
        _us(attempt.read_s - intended_s),
        attempt.outcome,
        attempt.span,
    )


def _longest(attempts: Sequence[AttemptTimes]) -> str | None:
    """The step that took longest, from its first request to its last reply."""
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    for each in attempts:
        first.setdefault(each.step, each.sent_s)
        last[each.step] = each.read_s
    return max(first, key=lambda step: last[step] - first[step], default=None)


def _us(seconds: float) -> int:
    return max(0, round(seconds * 1e6))
