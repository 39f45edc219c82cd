"""What an operation went through, by the clock of its process, and as it is told."""

from __future__ import annotations

from time import perf_counter

from jobload.load.http.kernel_clock import NOT_STAMPED_S
from jobload.load.http.reply import Reply
from jobload.load.trace.trace import Trace
from jobload.measure.noted_operation import MOST_ATTEMPTS, NotedAttempt, NotedOperation

Attempt = tuple[str, float, float, float, str, str]
"""One request: step; `read_s`, `lag_s` and `target_s` of its reply, or when it was given up, no
stamp, and after how long; outcome; span."""


def attempt_of(
    step: str, reply: Reply | None, failed_after_s: float, outcome: str, trace: Trace | None
) -> Attempt:
    """Of the request that has just come to its end, `failed_after_s` if that was without a reply. A
    connection that had to be made first is a part of it."""
    span = trace.span if trace is not None else ""
    if reply is None:
        return step, perf_counter(), NOT_STAMPED_S, failed_after_s, outcome, span
    return step, reply.read_s, reply.lag_s, reply.target_s, outcome, span


class Timeline:
    """The attempts of one operation, of very many the first and the last. What is needed only if it
    is told of, is made only then."""

    __slots__ = ("attempts", "unlisted", "unlisted_spans")
    unlisted_spans: dict[str, tuple[float, float]]
    """When the first of those that are not listed was sent and the last had ended, by step; there
    as soon as any is."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.unlisted = 0

    def add(self, attempt: Attempt) -> None:
        attempts = self.attempts
        if len(attempts) == MOST_ATTEMPTS:
            self._leave_out(attempts.pop())
        attempts.append(attempt)

    def _leave_out(self, attempt: Attempt) -> None:
        if not self.unlisted:
            self.unlisted_spans = {}
        self.unlisted += 1
        step, read_s = attempt[:2]
        sent_s, _ = self.unlisted_spans.get(step) or (_sent_s(attempt), read_s)
        self.unlisted_spans[step] = sent_s, read_s

    @property
    def longest_step(self) -> str | None:
        """From its first request to its last reply."""
        spans = dict(self.unlisted_spans) if self.unlisted else {}
        for attempt in self.attempts:
            step, read_s = attempt[:2]
            sent_s, ended_s = spans.get(step) or (_sent_s(attempt), read_s)
            spans[step] = min(sent_s, _sent_s(attempt)), max(ended_s, read_s)
        return max(spans, key=lambda step: spans[step][1] - spans[step][0], default=None)


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
    """`step` is the one that failed; none has where the code between them did."""
    attempts = timeline.attempts
    return NotedOperation(
        name=name,
        at_us=_us(intended_s - run_began_s),
        waited_us=_us(began_s - intended_s),
        response_us=max(0, response_us),
        paused_us=_us(paused_s),
        retries=retries,
        outcome=outcome,
        step=step or (None if outcome else timeline.longest_step) or name,
        attempts=tuple(_told(each, intended_s) for each in attempts),
        unlisted=timeline.unlisted,
        trace=trace.id if trace is not None else "",
        span=trace.root if trace is not None else "",
    )


def _told(attempt: Attempt, intended_s: float) -> NotedAttempt:
    step, read_s, lag_s, _, outcome, span = attempt
    return NotedAttempt(
        step,
        _us(_sent_s(attempt) - intended_s),
        _us(read_s - lag_s - intended_s) if lag_s >= 0.0 else None,
        _us(read_s - intended_s),
        outcome,
        span,
    )


def _sent_s(attempt: Attempt) -> float:
    _, read_s, lag_s, target_s, _, _ = attempt
    return read_s - max(lag_s, 0.0) - target_s


def _us(seconds: float) -> int:
    return max(0, round(seconds * 1e6))
