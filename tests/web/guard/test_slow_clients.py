"""A client that stops in the middle of a request holds its connection for a while only."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from gevent import pywsgi

from jobload.web.guard import slow_clients


@pytest.mark.parametrize(
    "begun", [b"", b"POST / HT", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nsome"]
)
def test_who_stops_in_mid_request_is_let_go(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pywsgi.WSGIServer, "handler_class", None)
    monkeypatch.setattr(slow_clients, "WITHIN_S", 0.2)
    slow_clients.expect_requests_in_time()

    def app(environ: dict[str, Any], start: object) -> list[bytes]:
        environ["wsgi.input"].read()
        return []

    server = pywsgi.WSGIServer(("127.0.0.1", 0), app, log=None, error_log=None)
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as client:
            client.sendall(begun)
            while client.recv(4096):
                pass
    finally:
        server.stop()
