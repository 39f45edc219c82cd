"""Signs the requests of Locust's own HTTP clients, in traced operations of anybody's locustfile.

`HttpSession` and `FastHttpSession` of Locust 2.47 both send through `_send_request_safe_mode`. That
is wrapped once a run wants traces, so that others pay nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, wraps
from typing import Any

from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession

from jobload.load.own_users.own_operation import current_operation
from jobload.load.trace.trace import HEADER

_SEND = "_send_request_safe_mode"
_SPAN = "_jobload_span"


@cache
def trace_clients_of_locust() -> None:
    for session in (HttpSession, FastHttpSession):
        setattr(session, _SEND, _signing(getattr(session, _SEND)))


def span_of(response: object) -> str:
    """That of the request which it answers, if that was signed here."""
    return getattr(response, _SPAN, "")


def _signing(plain: Any) -> Any:
    @wraps(plain)
    def send(self: Any, method: Any, url: Any, **options: Any) -> Any:
        operation = current_operation()
        if operation is None or (trace := operation.trace) is None:
            return plain(self, method, url, **options)
        headers = dict(options.get("headers") or {})
        if _names_a_parent(headers) or _names_a_parent(getattr(self, "headers", {})):
            return plain(self, method, url, **options)  # somebody traces it already
        headers[HEADER] = trace.next_parent()
        span = trace.span
        response = plain(self, method, url, **{**options, "headers": headers})
        setattr(response, _SPAN, span)
        return response

    return send


def _names_a_parent(headers: Mapping[Any, Any]) -> bool:
    return any(str(name).lower() == HEADER for name in headers)
