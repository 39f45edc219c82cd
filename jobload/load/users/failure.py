"""What somebody else's client, or task, says went wrong, in words that can be counted."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from locust.exception import CatchResponseError, LocustError, ResponseError

from jobload.load.http.http_error import OUT_OF_TIME, ErrorKind, http_error_of
from jobload.measure.failed_times import Ending

UNEXPECTED = "unexpected-reply"
"""The client was content, the locustfile was not: `failure()`, `self.rest` and the like."""
_BY_NAME: tuple[tuple[str, str], ...] = (
    ("ConnectTimeout", ErrorKind.CONNECT_TIMEOUT),
    ("Timeout", ErrorKind.TIMEOUT),
    ("SSL", ErrorKind.TLS),
    ("NameResolution", ErrorKind.DNS),
    ("IncompleteRead", ErrorKind.CLOSED),
    ("ConnectionClosed", ErrorKind.CLOSED),
    ("RemoteDisconnected", ErrorKind.CLOSED),
    ("HTTPParse", ErrorKind.BAD_REPLY),
)
"""Libraries agree on how they call these, if on nothing else."""
MOST_CAUSES = 10


@dataclass(frozen=True, slots=True)
class Failure:
    """`kind` is for counting, `detail` for people."""

    kind: str
    detail: str

    @property
    def ending(self) -> Ending:
        return "given-up" if self.kind in OUT_OF_TIME else "failed"


def failure_of_request(exception: object) -> Failure:
    """What `events.request` carries: an exception as a rule, a text as well."""
    if isinstance(exception, str):
        return Failure(UNEXPECTED, exception)
    if not isinstance(exception, BaseException):
        return Failure(UNEXPECTED, str(exception))
    if (status := _status_of(exception)) is not None:
        return Failure(f"http-{status}", _text(exception))
    if isinstance(exception, CatchResponseError | ResponseError | LocustError | AssertionError):
        return Failure(UNEXPECTED, _text(exception))
    return Failure(_network_kind(exception) or kind_of(exception), _text(exception))


def failure_of_task(error: BaseException) -> Failure:
    return Failure(kind_of(error), _text(error))


def kind_of(error: BaseException) -> str:
    return f"exception-{type(error).__name__}"


def _text(error: BaseException) -> str:
    """Exceptions of others may be anything, even such as can't be written."""
    try:
        return str(error) or type(error).__name__
    except Exception:
        return type(error).__name__


def _status_of(exception: Any) -> int | None:
    """Of a reply that came, and whose status is the failure."""
    if not type(exception).__name__.endswith(("HTTPError", "BadStatusCode")):
        return None
    response = getattr(exception, "response", None)
    status = getattr(response, "status_code", getattr(exception, "code", None))
    return status if isinstance(status, int) and status >= 400 else None


def _network_kind(exception: BaseException) -> str | None:
    """The cause that tells most lies deepest: libraries wrap what the system said."""
    chain = [*_causes(exception)]
    for find in (_kind_by_system, _kind_by_name):
        for error in reversed(chain):
            if (kind := find(error)) is not None:
                return kind
    return None


def _kind_by_system(error: BaseException) -> str | None:
    if isinstance(error, socket.gaierror):
        return ErrorKind.DNS
    if isinstance(error, TimeoutError):
        return ErrorKind.TIMEOUT
    if isinstance(error, ssl.SSLError):
        return ErrorKind.TLS
    if isinstance(error, OSError) and error.errno:
        kind = http_error_of(error).kind
        return None if kind == ErrorKind.NETWORK else kind
    return None


def _kind_by_name(error: BaseException) -> str | None:
    name = type(error).__name__
    return next((kind for part, kind in _BY_NAME if part in name), None)


def _causes(exception: BaseException) -> Iterator[BaseException]:
    """It, and what it wraps, the outermost first."""
    seen: list[BaseException] = []
    todo: list[object] = [exception]
    while todo and len(seen) < MOST_CAUSES:
        error = todo.pop()
        if not isinstance(error, BaseException) or error in seen:
            continue
        seen.append(error)
        yield error
        todo += [error.__context__, error.__cause__, getattr(error, "reason", None), *error.args]
