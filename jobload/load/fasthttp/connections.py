"""The connections of geventhttpclient, opened and kept as our own client does it."""

from __future__ import annotations

import select
import ssl
from socket import gaierror
from typing import Any

from gevent.monkey import get_original
from geventhttpclient.connectionpool import ConnectionPool

from jobload.load.http.connection import TimedOutError
from jobload.load.http.http_error import ErrorKind, HttpError
from jobload.load.http.origin import Origin
from jobload.load.http.readiness import deadline
from jobload.load.http.tls_stream import verifying_context


class Connections(ConnectionPool):
    """One at a time, to one origin. `is_connecting` tells what a deadline has interrupted."""

    def __init__(
        self, origin: Origin, connect_timeout_s: float, tls: ssl.SSLContext | None
    ) -> None:
        never: Any = None  # its own limits begin anew with each piece, so they are not enough
        super().__init__(
            *(origin.host, origin.port) * 2,
            size=1,
            connection_timeout=never,
            network_timeout=never,
        )
        self._host = origin.host
        self._tls = None if origin.scheme == "http" else tls or verifying_context()
        self.connect_timeout_s = connect_timeout_s
        self.is_connecting = False

    # What geventhttpclient leaves to subclasses.

    def _create_socket(self) -> Any:
        self.is_connecting = True
        try:
            with deadline(self.connect_timeout_s, TimedOutError):
                connection = super()._create_socket()
        except gaierror as error:
            raise HttpError(ErrorKind.DNS, f"{self._host}: {error.args[-1]}") from None
        self.is_connecting = False
        return connection

    def _connect_socket(self, sock: Any, address: Any) -> Any:
        sock.connect(address)
        if self._tls is None:
            return sock
        # In two steps: the library would forget to close one that was interrupted in between.
        secured = self._tls.wrap_socket(
            sock, server_hostname=self._host, do_handshake_on_connect=False
        )
        try:
            secured.do_handshake()
        except BaseException:
            secured.close()
            raise
        return secured

    def _is_socket_alive(self, sock: Any) -> bool:
        """Nothing has arrived on it that nobody asked for, not even its end.

        The library looks with `select`, which knows no descriptor over 1,023: with more users each
        of their requests would open a connection.
        """
        poll = get_original("select", "poll")()
        poll.register(sock.fileno(), select.POLLIN)
        return not poll.poll(0)
