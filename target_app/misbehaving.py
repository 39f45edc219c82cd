"""Acts a behaviour script out in front of the application."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from time import perf_counter, process_time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from target_app.behaviour import Behaviour
from target_app.problems import problem
from target_app.timeline import Timeline

CLOSE_ENOUGH_S = 0.0005  # uvloop's timers count whole milliseconds


class Drop(Enum):
    NO = auto()
    BEFORE = auto()
    AFTER = auto()


class Misbehaving:
    def __init__(
        self, behaviour: Behaviour, app: ASGIApp, count: Callable[[Scope], Awaitable[None]]
    ) -> None:
        self.behaviour = behaviour
        self._app = app
        self._count = count  # of requests that don't get to the application
        self._timeline = Timeline(behaviour)
        self._drops = behaviour.random("drops")
        self._errors = behaviour.random("errors")
        self._began = perf_counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # All that is random is drawn here, so that the order of arrival alone decides.
        departure_s = self._timeline.departure(perf_counter() - self._began)
        drop, status = self._draw_drop(), self._draw_error()
        if departure_s is None:
            await self._count(scope)
            response = problem(503, "The target is at its capacity.", {"retry-after": "1"})
            return await response(scope, receive, send)
        await self._sleep_until(departure_s)
        self._compute(scope["method"], scope["path"])
        if drop is Drop.BEFORE:
            await self._count(scope)
            return await _drop(receive)
        if status:
            await self._count(scope)
            headers = {"retry-after": "1"} if status in (429, 503) else None
            response = problem(status, "The behaviour script says so.", headers)
            return await response(scope, receive, send)
        if drop is Drop.AFTER:
            reply = _HalfReply()
            await self._app(scope, receive, reply.keep)
            return await _cut(receive, reply.half())
        return await self._app(scope, receive, send)

    def _draw_drop(self) -> Drop:
        drops, position = self.behaviour.drops, self._drops.random()
        if position < drops.before:
            return Drop.BEFORE
        return Drop.AFTER if position < drops.before + drops.after else Drop.NO

    def _draw_error(self) -> int | None:
        position = self._errors.random()
        for error in self.behaviour.errors:
            position -= error.share
            if position < 0:
                return error.status
        return None

    def _compute(self, method: str, path: str) -> None:
        """CPU time, not time: a process that gets little of it takes longer."""
        at_s = perf_counter() - self._began
        busy_ms = sum(b.ms for b in self.behaviour.busy if b.is_about(method, path, at_s))
        until_s = process_time() + busy_ms / 1000
        while busy_ms and process_time() < until_s:
            pass

    async def _sleep_until(self, departure_s: float) -> None:
        while (left_s := departure_s - (perf_counter() - self._began)) > CLOSE_ENOUGH_S:
            await asyncio.sleep(left_s)


class _HalfReply:
    """Complete headers and half of the body: every client can see that the rest is missing."""

    def __init__(self) -> None:
        self._start: Message = {}
        self._body = b""

    async def keep(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._body += message.get("body", b"")

    def half(self) -> bytes:
        lines = [b"%b: %b\r\n" % header for header in self._start["headers"]]
        head = STATUS_LINE[self._start["status"]] + b"".join(lines) + b"\r\n"
        return head + self._body[: len(self._body) // 2]


async def _drop(receive: Receive) -> None:
    _transport_of(receive).abort()
    await _disconnected(receive)


async def _cut(receive: Receive, half_reply: bytes) -> None:
    transport = _transport_of(receive)
    transport.write(half_reply)
    transport.close()
    await _disconnected(receive)


def _transport_of(receive: Receive) -> Any:
    """ASGI has no way to break a connection; `receive` is a method of uvicorn's request cycle."""
    cycle: Any = receive
    return cycle.__self__.transport


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
