"""What somebody else's client, or task, says went wrong, in words that can be counted."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from locust.exception import CatchResponseError, LocustError, ResponseError

from jobload.load.http.http_error import ErrorKind, http_error_of
from jobload.load.users.exchange import Flaw, kind_of

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


def failure_of_request(exception: object) -> Flaw | None:
    """What `events.request` carries: an exception as a rule, a text as well. Nothing else that is
    empty is one to Locust."""
    if not isinstance(exception, BaseException):
        return (UNEXPECTED, text_of(exception)) if exception else None
    if (status := _status_of(exception)) is not None:
        return f"http-{status}", text_of(exception)
    if isinstance(exception, CatchResponseError | ResponseError | LocustError | AssertionError):
        return UNEXPECTED, text_of(exception)
    return _network_kind(exception) or kind_of(exception), text_of(exception)


def failure_of_task(error: BaseException) -> Flaw:
    return kind_of(error), text_of(error)


def text_of(thing: object) -> str:
    """What others give may be anything, even such as can't be written."""
    try:
        return str(thing) or type(thing).__name__
    except Exception:
        return type(thing).__name__


def _attribute(thing: object, name: str) -> Any:
    """None as well where looking at it raises."""
    with suppress(Exception):
        return getattr(thing, name, None)


def _status_of(exception: Any) -> int | None:
    """Of a reply that came, and whose status is the failure."""
    if not type(exception).__name__.endswith(("HTTPError", "BadStatusCode")):
        return None
    status = _attribute(_attribute(exception, "response"), "status_code")
    if status is None:
        status = _attribute(exception, "code")
    return status if isinstance(status, int) and 400 <= status < 1000 else None


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
        if not isinstance(error, BaseException) or any(error is known for known in seen):
            continue
        seen.append(error)
        yield error
        told = (_attribute(error, name) for name in ("reason", "original"))
        todo += [error.__context__, error.__cause__, *told, *error.args]
