"""Whose doing it is that operations of a stage failed, or were tried again."""

from __future__ import annotations

from collections.abc import Sequence

from jobload.judge.cause import Diagnosis
from jobload.judge.checks.outcome import CheckOutcome
from jobload.judge.thresholds.value_text import value_text
from jobload.judge.validity.requests_sent import MORE_ROOM
from jobload.judge.validity.rows_accounted import MORE_ROWS
from jobload.measure.figures import StageFigures

FAILED_PERCENT = 1.0
TARGETS_LIMITS = "Look at the target's own log and limits."
OUT_OF_TIME = ("timeout", "operation-timeout", "poll-timeout")
NO_CONNECTION = ("connect-timeout", "dns", "unreachable", "tls")
RAISED = "exception-"
NO_ROW = "no-row"
UNSENDABLE = "unsendable"
SENT_AGAIN = ("request_error_rate", "retries", "retry_amplification")
OF_ERRORS = ("error_rate", *SENT_AGAIN)


def lack(stage: StageFigures) -> Diagnosis | None:
    """What then fails, or is slow since it was tried again, is not the target's doing."""
    lacking, attempts = stage.record.without_socket, stage.overall.attempts
    if 100 * lacking <= FAILED_PERCENT * attempts:
        return None
    return Diagnosis(
        "generator-lacks",
        f"generator: no local port or file descriptor was left for {lacking:,} of {attempts:,}"
        " requests",
        MORE_ROOM,
    )


def refusal(stage: StageFigures, allowed_percent: float) -> Diagnosis | None:
    overall = stage.overall
    percent = stage.error_rate_percent
    if percent is None or percent <= allowed_percent:
        return None
    kinds = overall.errors.counts
    most = max(kinds, key=kinds.__getitem__, default="errors")
    shown = value_text(percent, "%", 1 if percent > FAILED_PERCENT else None)
    count = f"{shown} of the operations failed, most often with {most}"
    kind = most.rpartition(": ")[2]  # of a step
    if kind in NO_CONNECTION:
        return Diagnosis(
            "connecting",
            f"connecting: {count}",
            "Look at the network, the listen queue and the TLS settings of the target.",
        )
    if kind in OUT_OF_TIME:
        return Diagnosis(
            "target-slow",
            f"target slow: {count}, {'no reply' if kind == 'timeout' else 'not done'} in time",
            "Look for what the target waits for; a longer timeout only hides it.",
        )
    if kind == NO_ROW:
        return Diagnosis("generator-lacks", f"generator: no row was left: {count}", MORE_ROWS)
    if kind == UNSENDABLE:
        return Diagnosis(
            "users-raise",
            f"users: {count}: a value that can't be sent, so nothing was",
            "Mend the row, or take another part of the reply, that the value is from.",
        )
    if kind.startswith(RAISED) and not _is_of_requests(most, stage):
        return Diagnosis(
            "users-raise",
            f"users raise: {count}, in Python and not in a request",
            "Read its traceback in the log: the users' code has a mistake, or a reply that it did"
            " not expect.",
        )
    return Diagnosis("target-refuses", f"target refuses: {count}", TARGETS_LIMITS)


def few_errors(stage: StageFigures, outcomes: Sequence[CheckOutcome]) -> Diagnosis | None:
    """Of which a check allows fewer."""
    breached = {o.spec.kind.statistic for o in outcomes if o.status in ("FAIL", "WARN")}
    if "error_rate" in breached and (found := refusal(stage, 0.0)):
        return found
    requests = stage.record.requests()
    if not requests.retries or breached.isdisjoint(SENT_AGAIN):
        return None
    count = f"{requests.retries:,} of {requests.attempts:,} requests failed and were sent again"
    return Diagnosis("target-refuses", f"target refuses: {count}", TARGETS_LIMITS)


def _is_of_requests(kind: str, stage: StageFigures) -> bool:
    """A client that jobload does not know tells by an exception that the target failed."""
    failed = sum(step.errors.counts.get(kind, 0) for step in stage.record.steps.values())
    return 2 * failed >= stage.overall.errors.counts[kind]
