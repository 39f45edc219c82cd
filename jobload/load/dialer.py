"""Opens connections to one origin."""

from __future__ import annotations

import os
import ssl
from _socket import AI_NUMERICHOST, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY, gaierror, socket
from _socket import getaddrinfo as getaddrinfo_of_numbers
from collections.abc import Sequence
from errno import EALREADY, ECONNREFUSED, EINPROGRESS, EISCONN
from time import perf_counter
from typing import Any

from gevent.socket import getaddrinfo

from jobload.load.http_error import ErrorKind, HttpError
from jobload.load.kernel_clock import ask_for_stamps, handshake_s
from jobload.load.origin import Origin
from jobload.load.readiness import WRITABLE, deadline, wait_for
from jobload.load.tls_stream import TlsStream, verifying_context

Address = tuple[int, Any]


class ConnectTimedOutError(Exception):
    """Thrown into the dialling greenlet."""


class AddressTimedOutError(Exception):
    """The same, when other addresses are left to try."""


class Dialer:
    """Looks the host up once; the address that answered is the first one tried from then on."""

    def __init__(self, origin: Origin, timeout_s: float, tls: ssl.SSLContext | None) -> None:
        self._origin = origin
        self._timeout_s = timeout_s
        self._tls = None if origin.scheme == "http" else tls or verifying_context()
        self._addresses: list[Address] = []
        self.lag_s = 0.0

    def dial(self, timeout_s: float) -> tuple[socket, socket | TlsStream]:
        """The socket, and what to send and receive through. `lag_s` of the last dialling is the
        part of it in which the target, or the network, had answered already."""
        limit_s = min(timeout_s, self._timeout_s)
        try:
            with deadline(limit_s, ConnectTimedOutError):
                return self._dial(perf_counter() + limit_s)
        except (ConnectTimedOutError, AddressTimedOutError):
            where = f"{self._origin.host} port {self._origin.port}"
            detail = f"no connection to {where} within {limit_s:g} s"
            raise HttpError(ErrorKind.CONNECT_TIMEOUT, detail) from None

    def _dial(self, until: float) -> tuple[socket, socket | TlsStream]:
        if not self._addresses:
            self._addresses = _look_up(self._origin)
        raw = self._connect(until)
        ask_for_stamps(raw)
        if self._tls is None:
            return raw, raw
        try:
            stream = TlsStream(raw, self._tls, self._origin.host)
            stream.handshake()
        except BaseException:
            raw.close()
            raise
        self.lag_s += stream.lag_s
        return raw, stream

    def _connect(self, until: float) -> socket:
        """Each address gets an equal share of the time that is left."""
        left = len(self._addresses)
        for address in tuple(self._addresses):
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
                self._addresses.append(self._addresses.pop(0))
        raise AssertionError("a name without an address")


def _look_up(origin: Origin) -> list[Address]:
    where = (origin.host, origin.port, 0, SOCK_STREAM, 0)
    try:
        found: Sequence[Any] = getaddrinfo_of_numbers(*where, AI_NUMERICHOST)
    except gaierror:
        try:
            found = getaddrinfo(*where)
        except (gaierror, UnicodeError) as error:
            raise HttpError(ErrorKind.DNS, f"{origin.host}: {error.args[-1]}") from None
    return [(family, address) for family, _, _, _, address in found]


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
