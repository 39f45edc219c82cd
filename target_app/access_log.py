"""A line for each request, when it is asked for: where a trace id of a report is looked up."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

log = logging.getLogger("target_app.access")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


def switch_on() -> None:
    log.setLevel(logging.INFO)


def log_request(scope: Scope, status: int, took_s: float) -> None:
    """The path as it was sent, so that it can't hold the end of a line; a query may be a secret."""
    if log.isEnabledFor(logging.INFO):
        path = scope["raw_path"].decode("ascii", "backslashreplace")
        answer = status or "dropped"
        trace = _trace(scope)
        log.info("%s %s %s %.1f ms%s", scope["method"], path, answer, took_s * 1e3, trace)


def _trace(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
    found = _TRACEPARENT.fullmatch(given)
    return f" trace {found[1].decode()} span {found[2].decode()}" if found else ""
