"""A TCP link between workers and master that a test can cut without either side being told."""

import contextlib
import socket
from collections.abc import Iterator

import gevent
from gevent.event import Event
from gevent.pool import Group

CHUNK_BYTES = 65536


class CuttableLink:
    """Connections to `port` go on to `to_port`; while it is cut, bytes wait on their way."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._whole = Event()
        self._whole.set()
        self._running = Group()
        self._running.spawn(self._accept)

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    def close(self) -> None:
        self._running.kill()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            try:
                far = socket.create_connection(("127.0.0.1", self._to_port))
            except ConnectionRefusedError:
                near.close()  # nobody listens yet; who has called will call again
                continue
            self._running.spawn(self._carry, near, far)
            self._running.spawn(self._carry, far, near)

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                self._whole.wait()
                sink.sendall(data)
            gevent.sleep(0)
        for end in (source, sink):
            end.close()


@contextlib.contextmanager
def cuttable_link(to_port: int) -> Iterator[CuttableLink]:
    link = CuttableLink(to_port)
    try:
        yield link
    finally:
        link.close()
