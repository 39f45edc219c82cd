"""Opens connections to one origin."""

from __future__ import annotations

import os
import ssl
from _socket import IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY, socket
from collections import deque
from errno import EALREADY, ECONNREFUSED, EINPROGRESS, EISCONN
from time import perf_counter

from jobload.load.http.addresses import Address, Addresses
from jobload.load.http.http_error import ErrorKind, HttpError
from jobload.load.http.kernel_clock import ask_for_stamps, handshake_s
from jobload.load.http.origin import Origin
from jobload.load.http.plain_stream import PlainStream, plain_stream
from jobload.load.http.readiness import WRITABLE, deadline, wait_for
from jobload.load.http.tls_stream import TlsStream, verifying_context


class ConnectTimedOutError(Exception):
    """Thrown into the dialling greenlet."""


class AddressTimedOutError(Exception):
    """The same, when other addresses are left to try."""


class Dialer:
    """Of one user: the address that answered is the first one tried from then on."""

    def __init__(self, origin: Origin, tls: ssl.SSLContext | None, addresses: Addresses) -> None:
        self._origin = origin
        self._tls = None if origin.scheme == "http" else tls or verifying_context()
        self.lag_s = 0.0
        self._addresses = addresses
        self._known: tuple[Address, ...] = ()
        self._order: deque[Address] = deque()

    def dial(self, timeout_s: float) -> tuple[socket, PlainStream | TlsStream]:
        """The socket, and what to send and receive through. `lag_s` of the last dialling is the
        part of it in which the target, or the network, had answered already."""
        try:
            with deadline(timeout_s, ConnectTimedOutError):
                return self._dial(perf_counter() + timeout_s)
        except (ConnectTimedOutError, AddressTimedOutError):
            self._addresses.doubt(self._known)
            host, port = self._origin.host, self._origin.port
            what = f"connection to {host} port {port}" if self._known else f"address of {host}"
            detail = f"no {what} within {timeout_s:g} s"
            raise HttpError(ErrorKind.CONNECT_TIMEOUT, detail) from None

    def _dial(self, until: float) -> tuple[socket, PlainStream | TlsStream]:
        self._take(self._addresses.known())
        try:
            raw = self._connect(until)
        except OSError:
            self._addresses.doubt(self._known)
            if not self._take(self._addresses.known()):
                raise
            raw = self._connect(until)
        ask_for_stamps(raw)
        if self._tls is None:
            return raw, plain_stream(raw)
        try:
            stream = TlsStream(raw, self._tls, self._origin.host.removesuffix("."))
            stream.handshake()
        except BaseException:
            raw.close()
            raise
        self.lag_s += stream.lag_s
        return raw, stream

    def _take(self, known: tuple[Address, ...]) -> bool:
        """Whether they are others than before."""
        if known == self._known:
            return False
        self._known = known
        self._order = self._addresses.in_turn(known)
        return True

    def _connect(self, until: float) -> socket:
        """Each address gets an equal share of the time that is left."""
        left = len(self._order)
        for address in tuple(self._order):
            try:
                began_s = perf_counter()
                with deadline((until - began_s) / left, AddressTimedOutError):
                    raw = _connect(address)
                elapsed_s = perf_counter() - began_s
                self.lag_s = elapsed_s - handshake_s(raw, elapsed_s)
                return raw
            except (OSError, AddressTimedOutError):
                left -= 1
                if not left:
                    raise
                self._order.rotate(-1)
        raise AssertionError("a name without an address")


def _connect(address: Address) -> socket:
    family, where = address
    raw = socket(family, SOCK_STREAM)
    try:
        raw.setblocking(False)
        raw.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        while (code := raw.connect_ex(where)) in (EINPROGRESS, EALREADY):
            wait_for(raw.fileno(), WRITABLE)
        if code not in (0, EISCONN):
            raise OSError(code, os.strerror(code))
        if raw.getsockname() == raw.getpeername():
            # The kernel gave us the very port we called: we would be talking to ourselves.
            raise OSError(ECONNREFUSED, os.strerror(ECONNREFUSED))
    except BaseException:
        raw.close()
        raise
    return raw
