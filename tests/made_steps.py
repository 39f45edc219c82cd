"""The same figures as those of operations of several steps."""

from __future__ import annotations

from jobload.measure.stage_record import StageRecord


def in_steps(record: StageRecord, *names: str, flow: str = "order") -> StageRecord:
    """Each operation has had one request in each of these steps; only in the first one failed or
    was retried."""
    ((_, whole),) = record.endpoints.items()
    record.endpoints.clear()
    record.flows[flow] = whole
    for number, name in enumerate(names):
        step = record.steps[name] = whole.copy()
        if number:
            step.started = step.attempts = step.succeeded
            step.failed = step.retries = step.censored = 0
            step.errors.counts.clear()
            step.errors.examples.clear()
            whole.attempts += step.attempts
    return record
