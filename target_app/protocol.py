"""uvicorn's HTTP/1.1 protocol with deadlines: a slow or silent client can't hold a connection.

One sweep a second looks at all connections; a request pays two assignments for it.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from target_app.problems import MEDIA_TYPE, problem_body
from target_app.settings import Settings

TICK_S = 0.1


class DeadlineProtocol(HttpToolsProtocol):
    settings: Settings  # set by `protocol_for`

    reading_since: float | None = None  # the first byte of a request that is not complete
    stuck_since: float | None = None  # the client does not read its answer
    in_head = False
    body_came = False
    head_bytes = 0
    """Received since the head began, or since the newest part of the body: that is trailers."""

    def data_received(self, data: bytes) -> None:
        self.body_came = False
        super().data_received(data)
        if not self.body_came:
            self.head_bytes += len(data)
        if self.reading_since is not None and self.head_bytes > self.settings.max_head_bytes:
            self._refuse(431, "The request line, headers or trailers are too long.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.reading_since = self.loop.time()
        self.in_head = True
        self.head_bytes = 0

    def on_headers_complete(self) -> None:
        self.in_head = False
        self.head_bytes = 0
        super().on_headers_complete()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.in_head:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self.head_bytes, self.body_came = 0, True
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.reading_since = None

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "This is not valid HTTP/1.1.")

    def sweep(self, now: float) -> None:
        if self.reading_since is not None:
            if now - self.reading_since > self.settings.read_timeout_s:
                self._refuse(408, "The request did not arrive in time.")
        elif self.flow.write_paused:
            self.stuck_since = self.stuck_since or now
            if now - self.stuck_since > self.settings.write_timeout_s:
                self.transport.abort()
        else:
            self.stuck_since = None
            if self._idle() and self.timeout_keep_alive_task is None:
                # Never used, or uvicorn answered before the request was complete.
                self.timeout_keep_alive_task = self.loop.call_later(
                    self.timeout_keep_alive, self.timeout_keep_alive_handler
                )

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _refuse(self, status: int, detail: str) -> None:
        """Answers, unless an answer is under way already, and closes."""
        self.in_head = False
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            body = problem_body(status, detail)
            head = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
            self.transport.write(
                STATUS_LINE[status] + head.encode() + b"connection: close\r\n\r\n" + body
            )
        self.transport.close()


class SweepingServer(uvicorn.Server):
    """It ends at once where nothing is under way: uvicorn looks every tenth of a second whether it
    shall, and waits as long for connections that there may not be."""

    _wake: Callable[[], object] = staticmethod(lambda: None)

    async def main_loop(self) -> None:
        ends = asyncio.Event()
        self._wake = partial(asyncio.get_running_loop().call_soon_threadsafe, ends.set)
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await ends.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._wake()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        await self.lifespan.shutdown()

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, DeadlineProtocol):
                    connection.sweep(now)
        return await super().on_tick(counter)


def protocol_for(settings: Settings) -> type[DeadlineProtocol]:
    return type("Protocol", (DeadlineProtocol,), {"settings": settings})
