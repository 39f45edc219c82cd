"""A small ASGI app for the tests of the HTTP client; uvicorn runs it as a process."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    match scope["path"]:
        case "/digest":
            await _reply(send, 201, hashlib.sha256(await _body(receive)).hexdigest().encode())
        case "/chunks":
            await _chunks(send)
        case "/nothing":
            await _reply(send, 204, None)
        case "/refuse":
            await _reply(send, 413, b"too much")
        case "/slow":
            await asyncio.sleep(0.5)
            await _reply(send, 200, b"late")
        case "/crash":
            raise RuntimeError("as the test asked for")


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _reply(send: Send, status: int, body: bytes | None) -> None:
    length = [] if body is None else [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": length})
    await send({"type": "http.response.body", "body": body or b""})


async def _chunks(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for number in range(1000):
        body = b"%d\n" % number * 100
        await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body"})
