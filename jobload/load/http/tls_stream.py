"""TLS over a non-blocking socket, to be used as `PlainStream` is."""

from __future__ import annotations

import ssl
from _socket import SHUT_RD, socket
from contextlib import suppress
from functools import cache
from time import perf_counter

from jobload.load.http.kernel_clock import CONTROL_BYTES, Control, lag_s
from jobload.load.http.plain_stream import Received
from jobload.load.http.readiness import READABLE, WRITABLE, wait_for

RECORDS_BYTES = 65_536


@cache
def verifying_context() -> ssl.SSLContext:
    """The system's certificates, read once: doing so for each user would take seconds."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class TlsStream:
    """`lag_s` is how long, in all, what came during the handshake had lain in the kernel."""

    __slots__ = (
        "_control",
        "_incoming",
        "_outgoing",
        "_socket",
        "_tls",
        "_unconfirmed",
        "_unsent",
        "lag_s",
    )

    def __init__(self, raw: socket, context: ssl.SSLContext, host: str) -> None:
        self._socket = raw
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._unsent = b""
        self._unconfirmed = 0
        self._control: Control = []
        self.lag_s = 0.0

    def handshake(self) -> None:
        while not self._shake():
            wait_for(self._socket.fileno(), WRITABLE if self._unsent else READABLE)
            if not self._unsent and self._fill():
                self.lag_s += max(lag_s(self._control), 0.0)

    def receive(self) -> Received | None:
        """All that has arrived: what stayed inside would never make the socket readable. Records
        arrive with their last byte, so its time is theirs."""
        self._fill()
        pieces: list[bytes] = []
        try:
            while piece := self._tls.read(RECORDS_BYTES):
                pieces.append(piece)
            # TLS's goodbye came along with data: keep the socket readable, or nobody would look.
            with suppress(OSError):
                self._socket.shutdown(SHUT_RD)
        except ssl.SSLWantReadError:
            if self._outgoing.pending:
                self._flush()  # the server has asked anew: for another handshake, or for a new key
            if not pieces:
                return None
        except ssl.SSLEOFError:
            pass  # closed without TLS's own goodbye, as many servers do
        return b"".join(pieces), lag_s(self._control), perf_counter()

    def send(self, data: bytes | memoryview) -> int:
        """Counts bytes once they have left as records, so that a full count means all has left."""
        self._flush()
        if not self._unsent and not self._unconfirmed:
            self._unconfirmed = self._tls.write(memoryview(data)[:RECORDS_BYTES])
            self._flush()
        if self._unsent:
            raise BlockingIOError
        confirmed, self._unconfirmed = self._unconfirmed, 0
        return confirmed

    def close(self) -> None:
        self._socket.close()

    def _shake(self) -> bool:
        try:
            self._tls.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            done = False
        finally:
            self._flush()
        return done and not self._unsent

    def _fill(self) -> bool:
        """Whether anything came."""
        try:
            data, self._control, _, _ = self._socket.recvmsg(RECORDS_BYTES, CONTROL_BYTES)
        except BlockingIOError:
            return False
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
        return True

    def _flush(self) -> None:
        self._unsent += self._outgoing.read()
        while self._unsent:
            try:
                self._unsent = self._unsent[self._socket.send(self._unsent) :]
            except BlockingIOError:
                return
