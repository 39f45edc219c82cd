"""Operations that are told one by one, over all processes, in the form of result.json."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from jobload.measure.noted_operation import (
    MOST_NOTED,
    NotedAttempt,
    NotedOperation,
    by_end,
    by_slowness,
)
from jobload.measure.quiet_stages import Told
from jobload.report.result import stage_model
from jobload.report.result.redact import redacted

DIGITS = 3
SUCCEEDED = "succeeded"


def slowest(by_worker: Mapping[str, Told]) -> list[stage_model.NotedOperation]:
    return _first({name: own.noted.slowest for name, own in by_worker.items()}, by_slowness)


def first_failed(by_worker: Mapping[str, Told]) -> list[stage_model.NotedOperation]:
    return _first({name: own.noted.failed for name, own in by_worker.items()}, by_end)


def _first(
    noted: Mapping[str, Iterable[NotedOperation]],
    order: Callable[[NotedOperation], tuple[int, int, str]],
) -> list[stage_model.NotedOperation]:
    found = [(*order(each), worker, each) for worker, own in noted.items() for each in own]
    found.sort(key=lambda one: one[:-1])
    return [_operation(each, worker) for *_, worker, each in found[:MOST_NOTED]]


def _operation(noted: NotedOperation, worker: str) -> stage_model.NotedOperation:
    return stage_model.NotedOperation(
        name=redacted(noted.name),
        trace_id=noted.trace or None,
        worker=worker,
        started_s=round(noted.at_us / 1e6, DIGITS),
        waited_ms=_ms(noted.waited_us),
        response_time_ms=_ms(noted.response_us),
        paused_ms=_ms(noted.paused_us),
        retries=noted.retries,
        outcome=noted.outcome or SUCCEEDED,
        step=redacted(noted.step),
        attempts=[_attempt(each) for each in noted.attempts],
        unlisted_attempts=noted.unlisted,
    )


def _attempt(noted: NotedAttempt) -> stage_model.NotedAttempt:
    return stage_model.NotedAttempt(
        step=redacted(noted.step),
        sent_ms=_ms(noted.sent_us),
        arrived_ms=None if noted.arrived_us is None else _ms(noted.arrived_us),
        read_ms=_ms(noted.read_us),
        outcome=noted.outcome or SUCCEEDED,
        span_id=noted.span or None,
    )


def _ms(us: int) -> float:
    return round(us / 1e3, DIGITS)
