"""Requests that Locust 2.47 tells nobody of: no figure would have them, and their operations would
be good ones.

- With `catch_response=True` it tells of a request where its `with` block comes to its end. Where
  an exception leaves the block (`raise_for_status()`, `interrupt()`), or where there is none, the
  reply is told of by its status.
- One that a task cuts off (`gevent.Timeout`, a greenlet that is killed) has failed. `measure()` of
  an event would tell of it as a good one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from traceback import walk_tb
from typing import Any

from gevent import GreenletExit, getcurrent
from locust import clients
from locust.contrib import fasthttp
from locust.event import EventHook
from locust.exception import ResponseError
from requests import Request, RequestException

from jobload.load.own_users.own_operation import CaughtReplies, current_operation
from jobload.load.own_users.own_user import own_user_of


def tell_of_caught_replies() -> None:
    classes: Any = (
        (clients.HttpSession, clients.ResponseContextManager, _without_reply),
        (fasthttp.FastHttpSession, fasthttp.ResponseContextManager, _without_fast_reply),
    )
    for session, reply, without_reply in classes:
        session.request = _telling_all(session.request, without_reply)
        reply.__exit__ = _telling(reply.__exit__)
    hook: Any = EventHook
    hook.measure = _measuring(hook.measure)


def _measuring(plain: Any) -> Any:
    @wraps(plain)
    @contextmanager
    def measure(*args: Any, **options: Any) -> Iterator[Any]:
        with plain(*args, **options) as told:
            try:
                yield told
            except BaseException as error:
                if not _ends_with_its_user(error):
                    told["exception"] = error
                raise

    return measure


def _telling_all(plain: Any, without_reply: Any) -> Any:
    @wraps(plain)
    def request(
        self: Any, method: Any, url: Any, name: Any = None, *args: Any, **options: Any
    ) -> Any:
        called = name or self.request_name
        start_time, began_s = time.time(), time.perf_counter()
        try:
            reply = plain(self, method, url, name, *args, **options)
        except BaseException as error:
            if not (_ends_with_its_user(error) or _is_told(error)):
                own_name, response = without_reply(self, url, options, error)
                self.request_event.fire(
                    request_type=method,
                    name=called or own_name,
                    response_time=(time.perf_counter() - began_s) * 1000,
                    response_length=0,
                    response=response,
                    context=options.get("context") or {},
                    exception=error,
                    start_time=start_time,
                    url=self._build_url(url),
                )
            raise
        if getattr(reply, "_catch_response", False):
            catcher: CaughtReplies | None = current_operation() or own_user_of(self.user)
            if catcher is not None:
                catcher.catch(reply)
        return reply

    return request


def _ends_with_its_user(error: BaseException) -> bool:
    """What a task kills is in a greenlet beside its own."""
    operation = current_operation()
    own = operation is None or operation.greenlet is getcurrent()
    return own and isinstance(error, GreenletExit)


def _is_told(error: BaseException) -> bool:
    """What a listener of the event has raised comes after it."""
    return any(frame.f_code is EventHook.fire.__code__ for frame, _ in walk_tb(error.__traceback__))


def _without_reply(session: Any, url: Any, options: Any, error: Any) -> tuple[str, Any]:
    """As Locust calls such a request, and what it takes for a reply where there is none."""
    name = str(url)
    with suppress(RequestException):
        prepared = Request("GET", session._build_url(url), params=options.get("params")).prepare()
        name = prepared.path_url
    return name, clients.ResponseContextManager(RequestException(error))


def _without_fast_reply(_: Any, url: Any, options: Any, error: Any) -> tuple[str, Any]:
    request: Any = None
    return str(url), fasthttp.ErrorResponse(request, error)


def _telling(plain: Any) -> Any:
    @wraps(plain)
    def leave(self: Any, kind: Any, error: Any, trace: Any) -> Any:
        if kind is None or self._manual_result is not None or isinstance(error, ResponseError):
            return plain(self, kind, error, trace)
        plain(self, None, None, None)
        return False

    return leave
