"""One step of an operation: what is sent, and what its reply must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jobload.load.http.http_error import OUT_OF_TIME
from jobload.load.http.reply import Reply
from jobload.load.users.retry_policy import RetryPolicy
from jobload.load.users.tally import Tally
from jobload.measure.failed_times import FailedTimes
from jobload.measure.stage_record import EndpointRecord

POLL_FAILED = "poll-failed"
POLL_TIMEOUT = "poll-timeout"
NO_TIME_LEFT = "operation-timeout"
GIVEN_UP = OUT_OF_TIME | {POLL_TIMEOUT, NO_TIME_LEFT}
"""Whoever waited on would have waited longer."""
Flaw = tuple[str, str]
"""Why a step or an operation has failed: the kind, for counting, and the detail, for people."""
PAST_ITS_TIMEOUT: Flaw = NO_TIME_LEFT, "the operation had no time left (operation_timeout)"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a poll waits. `state` says of a reply: True, done; a flaw, failed; a text, what it waits
    for."""

    every_s: float
    timeout_s: float
    state: Callable[[Reply], bool | str | Flaw]


@dataclass(slots=True)
class Exchange:
    """One step, as an operation does it. `render` gives the request, `again` the same one for a
    retry, `flaw` says what is wrong with its reply, `renew` makes what a 401 says is no longer good
    anew."""

    method: str
    label: str
    timeout_s: float
    retry: RetryPolicy
    render: Callable[[], bytes]
    again: Callable[[], bytes]
    flaw: Callable[[Reply], Flaw | None]
    waiting: Waiting | None = None
    renew: Callable[[], bool] | None = None
    tally: Tally | None = None
    """Where it was counted last."""


class StepFailedError(Exception):
    def __init__(self, label: str, flaw: Flaw) -> None:
        super().__init__(label, *flaw)
        self.label = label
        self.kind, self.detail = flaw


def times_of(record: EndpointRecord, kind: str) -> FailedTimes:
    """Those of what ended so."""
    return record.unsuccessful.to("given-up" if kind in GIVEN_UP else "failed")


def kind_of(error: BaseException) -> str:
    """Of what a user's own code has raised."""
    return f"exception-{type(error).__name__}"
