"""Traced operations as spans: the operation itself, and below it each of its requests."""

from __future__ import annotations

from collections.abc import Iterator

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from jobload.live.metrics.frame import TracedOperation
from jobload.measure.noted_operation import NotedAttempt
from jobload.web.exporter.otlp_metrics import SCOPE

SAMPLED = TraceFlags(TraceFlags.SAMPLED)


def spans_of(traced: TracedOperation, of: Resource) -> Iterator[ReadableSpan]:
    operation = traced.operation
    at_us = int(traced.began_unix_s * 1e6) + operation.at_us
    root = _context(operation.trace, operation.span)
    yield ReadableSpan(
        name=operation.name,
        context=root,
        resource=of,
        attributes={
            "jobload.run_id": traced.run_id,
            "jobload.scenario": traced.scenario,
            "jobload.stage": traced.stage,
            "jobload.worker": traced.worker,
            "jobload.waited_ms": operation.waited_us / 1e3,
            "jobload.response_time_ms": operation.response_us / 1e3,
            "jobload.retries": operation.retries,
            "jobload.step": operation.step,
        },
        kind=SpanKind.INTERNAL,
        status=_status(operation.outcome),
        start_time=at_us * 1000,
        end_time=(at_us + operation.paused_us + operation.response_us) * 1000,
        instrumentation_scope=SCOPE,
    )
    for attempt in operation.attempts:
        if attempt.span:
            yield _request(attempt, root, at_us, of)


def _request(attempt: NotedAttempt, root: SpanContext, at_us: int, of: Resource) -> ReadableSpan:
    attributes: dict[str, str | float] = {"jobload.step": attempt.step}
    if attempt.arrived_us is not None:
        attributes["jobload.read_lag_ms"] = (attempt.read_us - attempt.arrived_us) / 1e3
    return ReadableSpan(
        name=attempt.step,
        context=_context(f"{root.trace_id:032x}", attempt.span),
        parent=root,
        resource=of,
        attributes=attributes,
        kind=SpanKind.CLIENT,
        status=_status(attempt.outcome),
        start_time=(at_us + attempt.sent_us) * 1000,
        end_time=(at_us + attempt.read_us) * 1000,
        instrumentation_scope=SCOPE,
    )


def _context(trace: str, span: str) -> SpanContext:
    return SpanContext(int(trace, 16), int(span, 16), is_remote=False, trace_flags=SAMPLED)


def _status(outcome: str) -> Status:
    return Status(StatusCode.ERROR, outcome) if outcome else Status(StatusCode.UNSET)
