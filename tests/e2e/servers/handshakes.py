"""TLS whose handshake begins late, for every connection, and takes the target's time.

How late is that of the path asked for last: a server learns of a path only after the handshake.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import cast

from e2e.servers.connection import Connection, Handler
from e2e.servers.request import Request


class LateHandshakes:
    def __init__(self, certificate: str, key: str, delays_ms: Mapping[str, float]) -> None:
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate, key)
        self._delays_ms = delays_ms
        self._delay_s = 0.0
        self._under_way: set[asyncio.Task[None]] = set()

    def note(self, request: Request) -> None:
        self._delay_s = self._delays_ms.get(request.path, 0.0) / 1e3

    def protocol(self, handler: Handler) -> asyncio.Protocol:
        return _Waiting(self, handler)

    def begin(self, transport: asyncio.Transport, handler: Handler) -> None:
        task = asyncio.create_task(self._shake_hands(transport, _Secured(handler)))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _shake_hands(self, transport: asyncio.Transport, connection: _Secured) -> None:
        await asyncio.sleep(self._delay_s)
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport, connection, self._context, server_side=True
            )
        except (OSError, ssl.SSLError):
            return  # the other side has gone
        if secured is not None:
            connection.connection_made(secured)


class _Secured(Connection):
    """A request may come before asyncio has told of the transport by which to answer it."""

    _came_before = b""
    _is_made = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._is_made = True
        if self._came_before:
            super().data_received(self._came_before)

    def data_received(self, data: bytes) -> None:
        if self._is_made:
            super().data_received(data)
        else:
            self._came_before += data


class _Waiting(asyncio.Protocol):
    """Reads nothing before the handshake."""

    def __init__(self, handshakes: LateHandshakes, handler: Handler) -> None:
        self._handshakes = handshakes
        self._handler = handler

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        plain = cast(asyncio.Transport, transport)
        plain.pause_reading()
        self._handshakes.begin(plain, self._handler)
