"""A server in the test's process that does to each connection what the test's script says."""

from __future__ import annotations

import _socket
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import gevent
from gevent.pool import Group

Script = Callable[["Peer"], None]

NO_LINGER = struct.pack("ii", 1, 0)


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def read_request(self) -> bytes:
        """The body of the next request, b"" for one without; EOFError when the client has gone."""
        head = self._take(self._find_end_of_head())
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return self.read_exactly(length)

    def read_head(self) -> bytes:
        return self._take(self._find_end_of_head())

    def read_some(self) -> None:
        """All that has arrived at once, such as a TLS client's first words."""
        self._receive()

    def read_exactly(self, size: int) -> bytes:
        while len(self._received) < size:
            self._receive()
        return self._take(size)

    def send(self, *segments: bytes) -> None:
        """Each segment arrives on its own."""
        for position, segment in enumerate(segments):
            if position:
                gevent.sleep(0.001)
            self._socket.sendall(segment)

    def close(self) -> None:
        self._socket.close()

    def close_at_once(self) -> None:
        """gevent's own close waits for its loop."""
        _socket.close(self._socket.detach())

    def say_goodbye(self) -> None:
        """TLS's own end of the stream; the connection below it stays open."""
        assert isinstance(self._socket, ssl.SSLSocket)
        self._socket.settimeout(0.001)  # the client does not answer it
        with suppress(OSError):
            self._socket.unwrap()
        self._socket.settimeout(None)

    def ask_for_certificate(self) -> bytes:
        """The client's own, in DER form, asked for once the handshake is over (TLS 1.3)."""
        assert isinstance(self._socket, ssl.SSLSocket)
        self._socket.verify_client_post_handshake()
        self._socket.do_handshake()
        self._socket.settimeout(0.02)  # what comes is nothing that would be given back
        while (shown := self._socket.getpeercert(binary_form=True)) is None:
            with suppress(TimeoutError):
                if not self._socket.recv(1):
                    raise EOFError
        self._socket.settimeout(None)
        return shown

    def reset(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        _socket.close(self._socket.detach())  # at once; gevent's own close waits for its loop

    def wait_for_end(self) -> None:
        """Until the client has closed or reset the connection."""
        with suppress(OSError):
            while self._socket.recv(65536):
                pass

    def stay(self) -> None:
        """Reads no more and keeps the connection, until the test is over."""
        gevent.sleep(60)

    def _find_end_of_head(self) -> int:
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            self._receive()
        return end + 4

    def _receive(self) -> None:
        try:
            data = self._socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            raise EOFError
        self._received += data

    def _take(self, size: int) -> bytes:
        taken, self._received = self._received[:size], self._received[size:]
        return taken


class RudeServer:
    """Runs the first script on the first connection, and so on; the last one on all that follow."""

    def __init__(
        self,
        *scripts: Script,
        tls: ssl.SSLContext | None = None,
        family: socket.AddressFamily = socket.AF_INET,
    ) -> None:
        self._scripts = scripts
        self._tls = tls
        self._listener = socket.create_server(
            ("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family
        )
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.bodies: list[bytes] = []
        self.errors: list[BaseException] = []
        self._running: Any = Group()
        self._running.spawn(self._accept)

    def close(self) -> None:
        self._running.kill()
        self._listener.close()
        if self.errors:
            raise self.errors[0]

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            self.connections += 1
            script = self._scripts[min(self.connections, len(self._scripts)) - 1]
            self._running.spawn(self._run, script, connection)

    def _run(self, script: Script, connection: socket.socket) -> None:
        if self._tls is not None:
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        with connection:
            try:
                if isinstance(connection, ssl.SSLSocket):
                    connection.do_handshake()
                script(Peer(connection))
            except (EOFError, OSError):
                pass
            except Exception as error:
                self.errors.append(error)


def answering(*segments: bytes) -> Script:
    """Answers every request with these segments and keeps the connection open."""

    def script(peer: Peer) -> None:
        while True:
            peer.read_request()
            peer.send(*segments)

    return script


def answering_once(*segments: bytes) -> Script:
    """Answers one request with these segments, then closes."""

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(*segments)

    return script
