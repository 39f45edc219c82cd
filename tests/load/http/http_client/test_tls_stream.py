from __future__ import annotations

import _socket
import socket
from pathlib import Path

import gevent
import pytest

from jobload.load.http.tls_stream import RECORDS_BYTES, TlsStream

from .certificates import Authority


def test_bytes_count_as_sent_only_when_they_have_left(tmp_path: Path) -> None:
    """Else the end of a request could stay behind while its sender waits for the reply."""
    authority = Authority(tmp_path)
    here, there = _socket.socketpair()
    with socket.socket(fileno=there.detach()) as far:
        here.setblocking(False)
        here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # the kernel's least: some KiB
        server = gevent.spawn(
            authority.server_context("DNS:localhost").wrap_socket, far, server_side=True
        )
        stream = TlsStream(here, authority.trusting_context(), "localhost")
        stream.handshake()
        far = server.get()
        data = bytes(2 * RECORDS_BYTES)
        for _ in range(2):
            with pytest.raises(BlockingIOError):
                stream.send(data)
        reader = gevent.spawn(read, far, RECORDS_BYTES)
        sent = 0
        while not sent:
            gevent.sleep(0)
            try:
                sent = stream.send(data)
            except BlockingIOError:
                continue
        assert sent == RECORDS_BYTES
        assert reader.get(timeout=5) == RECORDS_BYTES, "what counts as sent arrives, once"
        far.close()
        here.close()


def read(connection: socket.socket, size: int) -> int:
    received = 0
    while received < size:
        received += len(connection.recv(size))
    return received
