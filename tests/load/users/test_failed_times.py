"""How long operations had lasted that did not succeed: given up for want of a reply, or failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import gevent
import pytest
from one_process import OneProcess, scenario, wait_until
from scripted_api import BROKEN, CREATED, Answer, HangUp, Request, Silence

from jobload.load.http.dialer import Dialer
from jobload.load.http.http_error import ErrorKind, HttpError
from jobload.measure.stage_record import EndpointRecord

from .conftest import Meet, one_operation

pytestmark = pytest.mark.waits

TIMEOUT_S = 0.1
ONCE = scenario(retries=0, timeout="100ms")
PATIENT = scenario(retries=0)
AGAIN = scenario(retries=2, timeout="500ms")


def all_ended(process: OneProcess) -> EndpointRecord:
    one_operation(process)
    return process.endpoint()


def assert_accounted(endpoint: EndpointRecord, gave_up: int, failed: int) -> None:
    of = endpoint.unsuccessful
    for times, count in ((of["given-up"], gave_up), (of["failed"], failed)):
        assert times.upper.count == times.lower.count == count
    assert endpoint.failed == gave_up + failed


def test_what_has_no_reply_in_time_is_given_up_after_so_long(meet: Meet) -> None:
    process, _ = meet(Silence(), plan=ONCE)
    process.add()
    endpoint = all_ended(process)
    assert_accounted(endpoint, endpoint.failed, 0)
    given_up = endpoint.unsuccessful["given-up"]
    assert given_up.service.count == endpoint.failed > 0
    assert given_up.service.min_us == given_up.service.max_us == int(TIMEOUT_S * 1e6)
    rounded_us = 1
    assert given_up.upper.min_us >= given_up.lower.min_us >= given_up.service.min_us - rounded_us


def test_it_lasts_from_the_intended_start(meet: Meet) -> None:
    """The arrivals behind the first one wait for the only user until that gives up."""
    process, _ = meet(Silence(), plan=ONCE)
    process.add()
    wait_until(lambda: process.ended() >= 5)
    assert process.endpoint().unsuccessful["given-up"].lower.max_us >= 2.5 * TIMEOUT_S * 1e6


@pytest.mark.parametrize("trouble", [BROKEN, HangUp()])
def test_what_ends_in_an_error_has_failed_then(meet: Meet, trouble: Answer) -> None:
    def late(request: Request) -> Answer:
        gevent.sleep(0.05)
        return trouble

    process, _ = meet(script=late, plan=PATIENT)
    process.add()
    endpoint = all_ended(process)
    assert_accounted(endpoint, 0, endpoint.failed)
    times = endpoint.unsuccessful["failed"]
    assert times.service.count == endpoint.failed > 0
    assert 50_000 <= times.service.min_us <= times.lower.max_us <= times.upper.max_us


def test_the_last_attempt_says_how_an_operation_ended_and_each_has_its_own_time(
    meet: Meet,
) -> None:
    process, api = meet(Silence(), Silence(), BROKEN, plan=AGAIN)
    process.add()
    endpoint = all_ended(process)
    assert len(api.requests) >= 3
    assert_accounted(endpoint, 0, endpoint.failed)
    assert endpoint.unsuccessful["given-up"].service.count == 2
    assert endpoint.unsuccessful["failed"].service.count == len(api.requests) - 2
    assert endpoint.unsuccessful["failed"].upper.max_us >= 1_000_000, (
        "two timeouts, and pauses of 300 ms"
    )


def test_a_retry_that_succeeds_leaves_the_times_of_its_attempts_before(meet: Meet) -> None:
    process, _ = meet(Silence(), BROKEN, CREATED, plan=AGAIN)
    process.add()
    endpoint = all_ended(process)
    assert_accounted(endpoint, 0, 0)
    assert endpoint.unsuccessful["given-up"].service.count == 1
    assert endpoint.unsuccessful["failed"].service.count == 1


def broken(kind: ErrorKind) -> Callable[..., NoReturn]:
    """No connection is to be had, and always for one reason."""

    def dial(*_: object) -> NoReturn:
        gevent.sleep(0.03)
        raise HttpError(kind, "as the test wants it")

    return dial


@pytest.mark.parametrize("kind", list(ErrorKind))
def test_only_what_ran_out_of_time_was_given_up(
    meet: Meet, monkeypatch: pytest.MonkeyPatch, kind: ErrorKind
) -> None:
    monkeypatch.setattr(Dialer, "dial", broken(kind))
    process, _ = meet(plan=ONCE)
    process.add()
    endpoint = all_ended(process)
    gave_up = endpoint.failed if kind in ("timeout", "connect-timeout") else 0
    assert_accounted(endpoint, gave_up, endpoint.failed - gave_up)
    assert endpoint.failed > 0
