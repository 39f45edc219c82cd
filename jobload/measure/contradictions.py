"""What in a stage, as a worker tells of it, speaks against itself."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.measure.error_counts import MAX_EXAMPLE_CHARACTERS, MAX_KINDS, ErrorCounts, writable
from jobload.measure.noted_operation import NotedOperation
from jobload.measure.stage_record import EndpointRecord, StageRecord

LONGEST_NAME = 2000


def contradictions(record: StageRecord) -> Iterator[str]:
    taken = record.started + record.surplus + record.waiting
    if taken + record.missed > record.offered:
        yield "more arrivals were started and missed than offered"
    if sum(record.unstarted.values()) > record.waiting + record.missed:
        yield "more arrivals of its seconds were not started than wait or were missed"
    if max(record.late, record.lateness.count) > taken:
        yield "more arrivals were late than started"
    done = record.completion
    if done.in_flight < 0 or max(done.time.count, done.time_lower.count) > done.succeeded:
        yield "more jobs ended than were followed"
    failed, given_up = done.unsuccessful["failed"], done.unsuccessful["given-up"]
    if failed.count > done.failed or given_up.count > done.abandoned:
        yield "more times of jobs that were not done than such jobs"
    if sum(done.reasons.counts.values()) > done.abandoned:
        yield "more reasons for abandoned jobs than there are"
    yield from _unshowable(done.reasons)
    if record.without_request > record.started:
        yield "more operations made no request than were started"
    in_flows = sum(flow.attempts for flow in record.flows.values())
    if in_flows + record.outside != sum(step.attempts for step in record.steps.values()):
        yield "its flows have other attempts than their steps"
    yield from _contradictions_of_noted(record)
    for name, endpoint in (item for part in record.parts for item in part.items()):
        if not is_name(name):
            yield "an endpoint has a name that can't be shown"
        yield from _contradictions_of_endpoint(endpoint, unasked=record.without_request)


def _contradictions_of_noted(record: StageRecord) -> Iterator[str]:
    operations = record.operations
    slowest, failed = record.noted.slowest, record.noted.failed
    longest_us = max((each.response_time.max_us for each in operations), default=0)
    if len(slowest) > sum(each.response_time.count for each in operations):
        yield "more of its slowest operations are told than succeeded"
    if any(each.response_us > longest_us for each in slowest):
        yield "one of its slowest operations took longer than any"
    if len(failed) > sum(each.failed for each in operations):
        yield "more of its failed operations are told than failed"
    known = record.names
    if any(_named(each) - known for each in (*slowest, *failed)):
        yield "an operation is told whose name nothing else has"
    if any(not is_name(text) for each in (*slowest, *failed) for text in texts_of(each)):
        yield "an operation is told with what can't be shown"


def _named(operation: NotedOperation) -> set[str]:
    return {operation.name, operation.step, *(each.step for each in operation.attempts)}


def texts_of(operation: NotedOperation) -> set[str]:
    outcomes = (each.outcome for each in operation.attempts)
    return {*_named(operation), operation.outcome, *outcomes}


def _contradictions_of_endpoint(endpoint: EndpointRecord, unasked: int) -> Iterator[str]:
    """`unasked` are operations without any request, which have a time all the same."""
    if endpoint.in_flight < 0:
        yield "more operations ended than were started"
    times = max(endpoint.response_time.count, endpoint.response_time_lower.count)
    if times + endpoint.untimed > endpoint.succeeded:
        yield "more response times than successes"
    failed, given_up = endpoint.unsuccessful["failed"], endpoint.unsuccessful["given-up"]
    attempts = endpoint.service_time.count + failed.service.count + given_up.service.count
    if attempts > endpoint.attempts + unasked:
        yield "more service times than attempts"
    errors = endpoint.errors
    if sum(errors.counts.values()) > endpoint.failed:
        yield "errors without failures"
    if failed.count + given_up.count > endpoint.failed:
        yield "more times of failures than failures"
    yield from _unshowable(errors)


def _unshowable(errors: ErrorCounts) -> Iterator[str]:
    if len(errors.counts) > MAX_KINDS + 1 or not errors.examples.keys() <= errors.counts.keys():
        yield "too many kinds of errors"
    examples = errors.examples.values()
    too_long = any(len(each) > MAX_EXAMPLE_CHARACTERS for each in examples)
    if too_long or not all(map(is_name, errors.counts)) or not all(map(is_text, examples)):
        yield "an error has a name or an example that can't be shown"


def is_name(text: str) -> bool:
    return text.isprintable() and len(text) <= LONGEST_NAME


def is_text(text: str) -> bool:
    return len(text) <= LONGEST_NAME and writable(text) == text
