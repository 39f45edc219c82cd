"""A target that answers the first question as the test says."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from gevent.pool import Group

Answer = Callable[[socket.socket], None]


def saying(*replies: bytes) -> Answer:
    """The next one to each connection, the last one from then on."""
    left = list(replies)

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return answer


def closing(connection: socket.socket) -> None:
    connection.recv(65536)


def hanging(connection: socket.socket) -> None:
    gevent.sleep(60)


def reply(status: int, *fields: str, body: str = "") -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status} Said", *fields, f"Content-Length: {len(body)}"])
    return f"{head}\r\n\r\n{body}".encode()


class OddTarget:
    def __init__(self, answer: Answer, tls: ssl.SSLContext | None) -> None:
        self._answer = answer
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._accepted: list[socket.socket] = []
        self._running: Any = Group()
        self._running.spawn(self._accept)

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            self._accepted.append(connection)
            self._running.spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                )
                connection.do_handshake()
            self._answer(connection)
        except OSError:
            pass
        finally:
            connection.close()

    @property
    def connections(self) -> int:
        return len(self._accepted)

    def close(self) -> None:
        self._running.kill()
        for connection in self._accepted:  # of one that was not begun to be served, too
            connection.close()
        self._listener.close()


@contextmanager
def odd_target(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[OddTarget]:
    target = OddTarget(answer, tls)
    try:
        yield target
    finally:
        target.close()
