"""One connection to Redis for the whole process; all requests are pipelined over it.

Half the cost of a pool per request (see BENCHMARKS). A command is sent once and never repeated:
when the connection fails, everything that waits fails with it, at once.
"""

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import hiredis

from target_app.redis_address import redis_address

log = logging.getLogger("target_app.redis")

CHECK_EVERY_S = 0.05
_INCOMPLETE = object()


class RedisUnavailableError(Exception):
    """No answer in time, no connection, or Redis refuses to serve (full, read-only, loading)."""


Argument = str | int | float | bytes | memoryview
# hiredis's own annotation says a tuple of exactly one argument.
_pack = cast(Callable[[tuple[Argument, ...]], bytes], hiredis.pack_command)


class RedisLink:
    def __init__(
        self, url: str, timeout_s: float, on_error: Callable[[], None] = lambda: None
    ) -> None:
        self._address = redis_address(url)
        self._timeout_s = timeout_s
        self._pipe: _Pipe | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._outage_logged = False
        self._on_error = on_error

    async def start(self) -> None:
        """Connects, or gives up waiting after the timeout; from then on it reconnects by itself."""
        connected = asyncio.Event()
        self._keeper = asyncio.create_task(self._stay_connected(connected))
        try:
            async with asyncio.timeout(self._timeout_s):
                await connected.wait()
        except TimeoutError:
            log.warning("Redis does not answer yet; requests get 503 until it does")

    async def close(self) -> None:
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    async def call(self, *command: Argument) -> Any:
        pipe = self._pipe
        if pipe is None:
            self._on_error()
            raise RedisUnavailableError("not connected")
        try:
            return await pipe.send(command)
        except RedisUnavailableError:
            self._on_error()
            raise

    async def _stay_connected(self, connected: asyncio.Event) -> None:
        while True:
            try:
                # Not wait_for: in Python 3.11 it can swallow the cancellation in `close`.
                async with asyncio.timeout(self._timeout_s):
                    pipe = await self._connect()
            except (OSError, TimeoutError, RedisUnavailableError) as error:
                self._log_outage(error)
            else:
                self._outage_logged = False
                connected.set()
                await self._serve(pipe)
            await asyncio.sleep(CHECK_EVERY_S)

    async def _serve(self, pipe: "_Pipe") -> None:
        self._pipe = pipe
        try:
            while not pipe.lost:
                await asyncio.sleep(CHECK_EVERY_S)
                if pipe.overdue(self._timeout_s):
                    self._log_outage(TimeoutError(f"no answer within {self._timeout_s} s"))
                    pipe.abort()
        finally:
            self._pipe = None
            pipe.abort()

    async def _connect(self) -> "_Pipe":
        pipe = await self._open()
        try:
            await self._introduce(pipe)
        except BaseException:
            pipe.abort()
            raise
        return pipe

    async def _open(self) -> "_Pipe":
        loop = asyncio.get_running_loop()
        at = self._address
        if at.path:
            _, pipe = await loop.create_unix_connection(_Pipe, at.path)
            return pipe
        tls = ssl.create_default_context() if at.tls else None
        _, pipe = await loop.create_connection(_Pipe, at.host, at.port, ssl=tls)
        return pipe

    async def _introduce(self, pipe: "_Pipe") -> None:
        if self._address.password:
            await pipe.send(("AUTH", self._address.username, self._address.password))
        await pipe.send(("SELECT", self._address.db))

    def _log_outage(self, error: BaseException) -> None:
        if not self._outage_logged:
            log.warning("Redis is not available: %s", str(error) or type(error).__name__)
        self._outage_logged = True


class RedisReplyError(RedisUnavailableError):
    """Redis answered with an error; `code` is its first word (OOM, READONLY, NOSCRIPT, ...)."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = message.split(" ", 1)[0]


class _Pipe(asyncio.Protocol):
    """Commands out, replies in, in the same order."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(notEnoughData=_INCOMPLETE)
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._transport: asyncio.Transport | None = None
        self.lost = False

    def send(self, command: tuple[Argument, ...]) -> asyncio.Future[Any]:
        if self.lost or self._transport is None:
            raise RedisUnavailableError("connection lost")
        reply: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append((self._loop.time(), reply))
        self._transport.write(_pack(command))
        return reply

    def overdue(self, timeout_s: float) -> bool:
        return bool(self._waiting) and self._loop.time() - self._waiting[0][0] > timeout_s

    def abort(self) -> None:
        self._fail_all(ConnectionError("no answer in time"))
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not registered as asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not _INCOMPLETE:
                self._deliver(reply)
        except (hiredis.ProtocolError, IndexError):
            self.abort()  # what follows can't be told apart any more

    def _deliver(self, reply: Any) -> None:
        _, waiting = self._waiting.popleft()
        if waiting.done():  # its request was cancelled meanwhile
            return
        if isinstance(reply, hiredis.ReplyError):
            waiting.set_exception(RedisReplyError(str(reply)))
        else:
            waiting.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail_all(exc or ConnectionError("closed by Redis"))

    def _fail_all(self, error: Exception) -> None:
        self.lost = True
        while self._waiting:
            _, waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_exception(RedisUnavailableError(str(error)))
