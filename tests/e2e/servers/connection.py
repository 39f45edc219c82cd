"""Just enough HTTP/1.1 for one request at a time on a kept connection."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any, cast

import httptools

from e2e.servers.request import Reply, Request

Send = Callable[[Reply], None]
Handler = Callable[[Request, Send], None]


class Connection(asyncio.Protocol):
    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._parser: Any = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url = self._body = self._key = self._cookie = self._authorization = self._parent = b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"idempotency-key":
            self._key = value
        elif name.lower() == b"cookie":
            self._cookie = value
        elif name.lower() == b"authorization":
            self._authorization = value
        elif name.lower() == b"traceparent":
            self._parent = value

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method, path = self._parser.get_method().decode(), self._url.decode()
        own = (self._key, self._body, perf_counter(), self._cookie, self._authorization)
        request = Request(method, path, *own, self._parent)
        self._handler(request, self._send)

    def _send(self, reply: Reply) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply.head() + reply.body)
