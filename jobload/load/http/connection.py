"""One connection to the target, driven by the greenlet that uses it.

Waiting is a watcher and a timer of the event loop that switch straight to that greenlet: no locks,
events or Timeout objects. Both run on from one exchange to the next, because starting and stopping
them each time costs more: the timer looks at the deadline when it rings, and the watcher, when
nobody waits, notes that something has come unasked.
"""

from __future__ import annotations

from _socket import SO_ERROR, SOL_SOCKET, socket
from contextlib import suppress
from fcntl import ioctl
from termios import TIOCOUTQ
from time import perf_counter
from typing import Any

from gevent import getcurrent
from gevent.hub import get_hub
from greenlet import greenlet

from jobload.load.http.kernel_clock import NOT_STAMPED_S
from jobload.load.http.plain_stream import PlainStream, Received
from jobload.load.http.readiness import AFTER_READINESS, READABLE, WRITABLE, wait_for
from jobload.load.http.reply import Reply
from jobload.load.http.reply_reader import ReplyReader
from jobload.load.http.tls_stream import TlsStream

SEND_BYTES = 262_144
SHORTEST_TIMEOUT_S = 0.001
NEVER = float("inf")


class TimedOutError(Exception):
    """The deadline has passed, and what lay in the kernel by then was no complete reply."""


class Connection:
    __slots__ = (
        "_deadline_s",
        "_expired",
        "_greenlet",
        "_hub",
        "_lag_s",
        "_read_s",
        "_readable",
        "_receive",
        "_send",
        "_socket",
        "_stream",
        "_timer",
        "_timer_rings_s",
        "_to_hub",
        "_waiting",
        "disturbed",
        "idle_since",
        "reader",
    )

    def __init__(self, raw: socket, stream: PlainStream | TlsStream, reader: ReplyReader) -> None:
        self._hub: Any = get_hub()
        # As `hub.switch`, which first asks each greenlet for a `switch_out` that none has any more.
        self._to_hub: Any = greenlet.switch.__get__(self._hub)
        self._socket = raw
        self._stream = stream
        self._receive: Any = stream.receive
        self._send: Any = stream.send
        self._lag_s = self._read_s = 0.0
        self._readable = self._hub.loop.io(raw.fileno(), READABLE)
        self._readable.start(self._on_readable)
        self._waiting: Any = None
        self.disturbed = False
        """Something has arrived while nobody waited for it."""
        self._timer: Any = self._hub.loop.timer(0)
        self._timer_rings_s = NEVER
        self._deadline_s = NEVER
        self._expired = False
        self._greenlet: Any = None
        self.reader = reader
        self.idle_since = 0.0

    def exchange(self, request: bytes, deadline_s: float, expect_body: bool) -> Reply:
        """One attempt. After any exception the connection is good for nothing but `close`."""
        self._deadline_s = deadline_s
        self._expired = False
        self._greenlet = this = getcurrent()
        if deadline_s < self._timer_rings_s:
            self._set_timer(deadline_s - perf_counter())
        reader = self.reader
        reader.start(expect_body)
        reply = None
        sent = 0
        sent_s = perf_counter()
        try:
            sent = self._send(request)
        except BlockingIOError:
            pass
        except OSError as error:
            if self.idle_since:
                raise  # what lies there was sent before there was a request
            reply = self._read_after(error)
        if reply is None and sent != len(request):
            reply = self._send_rest(request, sent)
        if reply is None:
            self._waiting = this
            while reply is None:
                self._to_hub()
                received: Received | None = self._receive()
                if received is None:
                    if self._expired:
                        raise TimedOutError
                    continue
                data, self._lag_s, self._read_s = received
                reply = reader.feed(data) if data else reader.end()
                if reply is None and self._expired:
                    reply = self._read_what_lies_there()
            self._waiting = None
        self._deadline_s = NEVER
        reply.read_s = self.idle_since = read_s = self._read_s
        lag_s, target_s = self._lag_s, read_s - sent_s
        if 0.0 <= lag_s < target_s:
            reply.lag_s, reply.target_s = lag_s, target_s - lag_s
        else:  # nothing arrives before it was asked for: the realtime clock was stepped
            reply.lag_s, reply.target_s = NOT_STAMPED_S, target_s
        return reply

    def _read(self) -> Reply | None:
        """BlockingIOError where nothing has come."""
        received: Received | None = self._receive()
        if received is None:
            raise BlockingIOError
        data, self._lag_s, self._read_s = received
        return self.reader.feed(data) if data else self.reader.end()

    def _read_what_lies_there(self) -> Reply:
        """The deadline has passed, and the first piece came before it: perhaps all did."""
        while True:
            try:
                reply = self._read()
            except BlockingIOError:
                raise TimedOutError from None
            if reply is not None:
                return reply

    def is_quiet(self) -> bool:
        """Nothing has arrived that nobody asked for: no bytes, no end, no reset."""
        try:
            if self._receive() is not None:
                return False
        except OSError:
            return False
        if self.disturbed:
            self.disturbed = False
            self._readable.start(self._on_readable)
        return True

    @property
    def missed(self) -> bool:
        """The server ended the connection before it had the request: that could not be sent, or its
        kernel has refused it since, or never said that it came."""
        if self._waiting is None or self._socket.getsockopt(SOL_SOCKET, SO_ERROR):
            return True
        unsaid = bytearray(4)
        try:
            ioctl(self._socket.fileno(), TIOCOUTQ, unsaid)
        except OSError:
            return False
        return any(unsaid)

    def close(self) -> None:
        self._readable.close()
        self._timer.close()
        self._stream.close()

    def _on_readable(self) -> None:
        if self._waiting is not None:
            self._waiting.switch()
        else:
            self.disturbed = True
            self._readable.stop()

    def _set_timer(self, wait_s: float) -> None:
        self._timer.close()
        wait_s = max(wait_s, SHORTEST_TIMEOUT_S)
        self._timer_rings_s = perf_counter() + wait_s
        self._timer = self._hub.loop.timer(wait_s, priority=AFTER_READINESS)
        self._timer.start(self._on_timer, update=True)

    def _on_timer(self) -> None:
        self._timer_rings_s = NEVER
        if self._deadline_s == NEVER:
            return  # between two exchanges; the next one sets it again
        left_s = self._deadline_s - perf_counter()
        if left_s > 0:
            self._set_timer(left_s)
        elif self._waiting is None:
            self._greenlet.throw(TimedOutError)
        else:
            # A process that stood still may find a reply in the kernel that came in time.
            self._expired = True
            self._waiting.switch()

    def _send_rest(self, request: bytes, sent: int) -> Reply | None:
        """A reply that comes before the request is out (413, say) is the reply."""
        view = memoryview(request)
        while sent < len(view):
            with suppress(BlockingIOError):
                if (reply := self._read()) is not None:
                    self.reader.reusable = False
                    return reply
            self._wait_for_room()
            if self._expired:
                raise TimedOutError
            try:
                sent += self._send(view[sent : sent + SEND_BYTES])
            except BlockingIOError:
                continue
            except OSError as error:
                return self._read_after(error)
        return None

    def _wait_for_room(self) -> None:
        self._waiting = getcurrent()
        try:
            wait_for(self._socket.fileno(), WRITABLE)
        finally:
            self._waiting = None

    def _read_after(self, failure: OSError) -> Reply:
        """The server takes no more; what it said before it broke off has arrived all the same."""
        reply = None
        while reply is None:
            try:
                reply = self._read()
            except OSError:
                raise failure from None
        self.reader.reusable = False
        return reply
