"""The HTTP/1.1 client of one user: one origin, one connection, one attempt per exchange.

It follows no redirects, keeps no cookies, asks for no compression and never retries.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from time import perf_counter

from jobload.load.http.addresses import Addresses
from jobload.load.http.connection import Connection, TimedOutError
from jobload.load.http.dialer import Dialer
from jobload.load.http.http_error import OWN_LACKS, ErrorKind, HttpError, http_error_of
from jobload.load.http.origin import Origin
from jobload.load.http.reply import Reply
from jobload.load.http.reply_reader import ReplyReader

MAX_RESPONSE_BYTES = 16 * 1024 * 1024
PROBE_AFTER_S = 0.02
PROBE_ALWAYS_S = -1.0
QUIET_PROBES = 20
STALE = (
    "the server ended the connection as it was used again, after {:.2f} s: its keep-alive timeout"
    " may be as short"
)
PERHAPS_STALE = "; it had not been used for {:.2f} s: its keep-alive timeout may be as short"
SHORTEST_KEEP_ALIVE_S = 1.0
"""That is usual."""


class HttpClient:
    """`max_response_bytes` limits a reply as received: heads, interim replies and body together.
    `addresses` are those that the users of a process share. `on_connected` is told how long the
    target took each time it had to be connected to; `on_lack`, that this machine had no port or
    file for a request."""

    __slots__ = (
        "_connect_timeout_s",
        "_dialer",
        "_idle",
        "_max_response_bytes",
        "_on_connected",
        "_on_lack",
        "_probe_after_s",
        "_quiet_probes",
    )

    def __init__(
        self,
        origin: Origin,
        *,
        connect_timeout_s: float = 5.0,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        tls: ssl.SSLContext | None = None,
        on_connected: Callable[[float], None] | None = None,
        on_lack: Callable[[], None] | None = None,
        addresses: Addresses | None = None,
    ) -> None:
        self._dialer = Dialer(origin, tls, addresses or Addresses(origin))
        self._connect_timeout_s = connect_timeout_s
        self._max_response_bytes = max_response_bytes
        self._idle: Connection | None = None
        self._probe_after_s = PROBE_ALWAYS_S
        self._quiet_probes = 0
        self._on_connected = on_connected
        self._on_lack = on_lack

    def exchange(
        self, request: bytes, timeout_s: float, *, expect_body: bool = True, began_s: float = 0.0
    ) -> Reply:
        """Sends the request (head and body as they go over the wire) and waits for its reply.

        `timeout_s` covers connecting, sending and the whole reply. `expect_body` is False for HEAD.
        It begins now, or has just begun at `began_s`.
        Raises HttpError; whatever is raised, the connection is closed.
        """
        began_s = began_s or perf_counter()
        connection = self._idle
        # While it is in use nobody else finds it, and after an exception it is not found again.
        self._idle = None
        connecting_s = 0.0
        try:
            if connection is not None and (
                connection.disturbed or began_s - connection.idle_since > self._probe_after_s
            ):
                connection = self._probed(connection)
            if connection is None:
                raw, stream = self._dialer.dial(min(timeout_s, self._connect_timeout_s))
                connection = Connection(raw, stream, ReplyReader(self._max_response_bytes))
                connecting_s = max(0.0, perf_counter() - began_s - self._dialer.lag_s)
                if self._on_connected is not None:
                    self._on_connected(connecting_s)
            reply = connection.exchange(request, began_s + timeout_s, expect_body)
        except BaseException as error:
            explained = _explained(error, began_s, timeout_s, connection)
            if self._on_lack is not None and getattr(explained, "kind", None) in OWN_LACKS:
                self._on_lack()
            if connection is not None:
                connection.close()
            raise explained from None
        if connecting_s:
            reply.target_s += connecting_s
        self._put_back(connection)
        return reply

    def close(self) -> None:
        if self._idle is not None:
            self._idle.close()
            self._idle = None

    def _put_back(self, connection: Connection) -> None:
        """Meanwhile another greenlet may have put back one of its own. (A method of its own: in
        `exchange`, mypyc would be sure that there is none.)"""
        if connection.reader.reusable and self._idle is None:
            self._idle = connection
        else:
            connection.close()

    def _probed(self, connection: Connection) -> Connection | None:
        """A look at each idle connection; one just used is trusted once this target has earned it.

        The event loop tells of what arrives unasked, but only when it has had its turn since: what
        comes after the last turn could be taken for the next reply.
        """
        if connection.is_quiet():
            self._quiet_probes += 1
            if self._quiet_probes >= QUIET_PROBES:
                self._probe_after_s = PROBE_AFTER_S
            return connection
        connection.close()
        self._quiet_probes = 0
        self._probe_after_s = PROBE_ALWAYS_S
        return None


def _explained(
    error: BaseException, began_s: float, timeout_s: float, connection: Connection | None
) -> BaseException:
    if isinstance(error, TimedOutError):
        error = HttpError(ErrorKind.TIMEOUT, f"no complete reply within {timeout_s:g} s")
    elif isinstance(error, OSError):
        error = http_error_of(error)
    if isinstance(error, HttpError):
        if connection is not None and _has_ended_unused(connection, error):
            kept_s = began_s - connection.idle_since
            if connection.missed:
                error = HttpError(ErrorKind.STALE, STALE.format(kept_s))
            elif kept_s >= SHORTEST_KEEP_ALIVE_S:
                error.detail += PERHAPS_STALE.format(kept_s)
        error.after_s = perf_counter() - began_s
    return error


def _has_ended_unused(connection: Connection, error: HttpError) -> bool:
    """A kept connection, before a byte of the reply: perhaps before the server knew of the request,
    because it closes idle ones about as soon as they are used again, or something on the way does.
    Its kernel may take a request that it never reads."""
    if not connection.idle_since or not connection.reader.untouched:
        return False
    return error.kind in (ErrorKind.RESET, ErrorKind.CLOSED)
