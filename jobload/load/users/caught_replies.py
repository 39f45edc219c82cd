"""Replies to requests with `catch_response=True`, whatever becomes of them.

Locust 2.47 tells of such a request where its `with` block comes to its end. Where an exception
leaves the block (`raise_for_status()`, `interrupt()`), or where there is none, it tells nobody:
whatever the target answered, no figure would have it, and its operation would be a good one. So
these are told of by their status, as are those that nobody caught.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from locust import clients
from locust.contrib import fasthttp
from locust.exception import ResponseError

from jobload.load.users.own_operation import current_operation


def tell_of_caught_replies() -> None:
    classes: Any = (
        (clients.HttpSession, clients.ResponseContextManager),
        (fasthttp.FastHttpSession, fasthttp.ResponseContextManager),
    )
    for session, reply in classes:
        session.request = _catching(session.request)
        reply.__exit__ = _telling(reply.__exit__)


def _catching(plain: Any) -> Any:
    @wraps(plain)
    def request(self: Any, *args: Any, **options: Any) -> Any:
        reply = plain(self, *args, **options)
        if getattr(reply, "_catch_response", False) and (operation := current_operation()):
            operation.catch(reply)
        return reply

    return request


def _telling(plain: Any) -> Any:
    @wraps(plain)
    def leave(self: Any, kind: Any, error: Any, trace: Any) -> Any:
        if kind is None or self._manual_result is not None or isinstance(error, ResponseError):
            return plain(self, kind, error, trace)
        plain(self, None, None, None)
        return False

    return leave
