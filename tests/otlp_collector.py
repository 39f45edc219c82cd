"""An OTLP/HTTP endpoint that keeps all that it is sent, or misbehaves."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import gevent
from gevent.pywsgi import WSGIServer
from gevent.server import StreamServer
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class OtlpCollector:
    def __init__(
        self, *, status: int = 200, metrics: int | None = None, silent: bool = False
    ) -> None:
        """`metrics` is the status of what is pushed there, where it is another one."""
        self._status = {"/v1/metrics": metrics or status, "/v1/traces": status}
        self._silent = silent
        self.metrics: list[Any] = []
        self.spans: list[Any] = []
        self.resources: list[dict[str, str]] = []
        """Attributes of who pushed, each time."""
        self._server = WSGIServer(("127.0.0.1", 0), self._answer, log=None, error_log=None)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        if self._server.started:
            self._server.stop(timeout=0)

    def _answer(self, environ: Any, start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read()
        while self._silent:
            gevent.sleep(0.05)
        status = self._status[environ["PATH_INFO"]]
        if status == 200:
            self._take(environ["PATH_INFO"], body)
        start_response(f"{status} Status", [("Content-Type", "application/x-protobuf")])
        return [b""]

    def _take(self, path: str, body: bytes) -> None:
        if path == "/v1/metrics":
            for part in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                attributes = part.resource.attributes
                self.resources.append({each.key: each.value.string_value for each in attributes})
                self.metrics += [m for scope in part.scope_metrics for m in scope.metrics]
        elif path == "/v1/traces":
            for spans in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.spans += [s for scope in spans.scope_spans for s in scope.spans]

    def values(self, name: str) -> list[float]:
        """Of each push, in order."""
        found = [*self._named(name)]
        points = [p for m in found for p in (*m.gauge.data_points, *m.sum.data_points)]
        return [p.as_double or float(p.as_int) for p in points]

    def histograms(self, name: str) -> list[Any]:
        return [p for m in self._named(name) for p in m.histogram.data_points]

    def _named(self, name: str) -> Iterator[Any]:
        return (metric for metric in self.metrics if metric.name == name)


class RudeEndpoint:
    """Does as it is told with each connection, when it has read something of it."""

    def __init__(self, misbehave: Callable[[Any], None]) -> None:
        self._misbehave = misbehave
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _serve(self, connection: Any, _: object) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            self._misbehave(connection)

    def close(self) -> None:
        self._server.stop(timeout=0)


def reset(connection: Any) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drip(connection: Any) -> None:
    """A reply that never ends, and is never silent for longer than a client waits."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"a: b\r\n")
        gevent.sleep(1.0)


def flood(connection: Any) -> None:
    """A reply without an end, as fast as it is taken."""
    connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")
    while True:
        connection.sendall(bytes(1 << 20))


def lead_away(connection: Any) -> None:
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n")
