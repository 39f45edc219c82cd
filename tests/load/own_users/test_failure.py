"""What a client says went wrong, of whichever library, has one word of ours."""

from __future__ import annotations

import errno
import socket
import ssl
from typing import Any

import pytest
import requests
from geventhttpclient.response import HTTPConnectionClosed
from geventhttpclient.useragent import RetriesExceeded
from locust.contrib.fasthttp import LocustBadStatusCode
from locust.exception import CatchResponseError, RescheduleTask
from urllib3.exceptions import NewConnectionError

from jobload.load.own_users.failure import failure_of_request, failure_of_task


def wrapped(inner: BaseException) -> Exception:
    """As requests does it: what the system said is the cause of the cause."""
    try:
        try:
            raise inner
        except BaseException as error:
            raise NewConnectionError(None, "failed") from error  # type: ignore[arg-type]  # of no pool
    except NewConnectionError as error:
        return requests.exceptions.ConnectionError(error)


def http_error(status: int) -> requests.exceptions.HTTPError:
    response = requests.Response()
    response.status_code = status
    return requests.exceptions.HTTPError(f"{status} Error", response=response)


def bad_status(code: int) -> Any:
    error: Any = LocustBadStatusCode("http://127.0.0.1/", code=code)
    vars(error)["code"] = code
    return error


@pytest.mark.parametrize(
    ("exception", "kind"),
    [
        (http_error(404), "http-404"),
        (http_error(503), "http-503"),
        (bad_status(429), "http-429"),
        (CatchResponseError("no token"), "unexpected-reply"),
        (AssertionError("not what it should be"), "unexpected-reply"),
        ("a text", "unexpected-reply"),
        (requests.exceptions.ReadTimeout("read timed out"), "timeout"),
        (requests.exceptions.ConnectTimeout("connect timed out"), "connect-timeout"),
        (TimeoutError(), "timeout"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "connect-refused"),
        (wrapped(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), "connect-refused"),
        (wrapped(ConnectionResetError(errno.ECONNRESET, "reset")), "reset"),
        (wrapped(socket.gaierror(-2, "unknown")), "dns"),
        (wrapped(OSError(errno.EADDRNOTAVAIL, "no port")), "out-of-ports"),
        (ssl.SSLError(1, "handshake failure"), "tls"),
        (requests.exceptions.SSLError("certificate"), "tls"),
        (HTTPConnectionClosed("closed"), "closed"),
        (RetriesExceeded("http://127.0.0.1/", 0, original=TimeoutError("timed out")), "timeout"),
        (ValueError("nothing of a network"), "exception-ValueError"),
    ],
)
def test_of_a_request(exception: object, kind: str) -> None:
    failure = failure_of_request(exception)
    assert failure is not None
    assert failure[0] == kind
    assert failure[1]


def test_one_that_is_its_own_cause_ends() -> None:
    error = ValueError()
    error.args = (error,)
    failure = failure_of_request(error)
    assert failure is not None
    assert failure[0] == "exception-ValueError"


def test_of_a_task() -> None:
    assert failure_of_task(KeyError("token")) == ("exception-KeyError", "'token'")
    assert failure_of_task(RescheduleTask())[1] == "RescheduleTask"


class BrokenError(Exception):
    """As careless as an exception of somebody's own can be."""

    def __str__(self) -> str:
        raise RuntimeError

    def __bool__(self) -> bool:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]  # nothing can hash it

    @property
    def reason(self) -> object:
        raise RuntimeError


class BrokenHTTPError(BrokenError):
    @property
    def response(self) -> object:
        raise RuntimeError


class NoText:
    __str__ = BrokenError.__str__


class EmptyError(Exception):
    def __len__(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("exception", "kind"),
    [
        (BrokenError(), "exception-BrokenError"),
        (BrokenHTTPError(), "exception-BrokenHTTPError"),
        (ValueError(BrokenError(), BrokenError()), "exception-ValueError"),
        (NoText(), "unexpected-reply"),
        (EmptyError(), "exception-EmptyError"),
        ({"code": 7}, "unexpected-reply"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_however_broken_an_exception_it_is_a_failure(exception: object, kind: str) -> None:
    failure = failure_of_request(exception)
    assert failure is not None
    assert failure[0] == kind


@pytest.mark.parametrize("nothing", [None, "", 0, False, {}])
def test_what_is_nothing_to_locust_is_no_failure(nothing: object) -> None:
    assert failure_of_request(nothing) is None
