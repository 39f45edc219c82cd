"""What an OTLP endpoint answers, and whether it has taken what was pushed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from gevent.pywsgi import WSGIServer
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from jobload.web.exporter.otlp_session import MOST_BYTES, NotTakenError, OtlpSession

PROTOBUF = ("Content-Type", "application/x-protobuf")
PAGE = ("Content-Type", "text/html; charset=utf-8")
TOLERANT = ExportMetricsServiceResponse()
TOLERANT.partial_success.error_message = "one name is deprecated"
NO_POINTS = ExportMetricsServiceResponse()
NO_POINTS.partial_success.rejected_data_points = 7
NO_POINTS.partial_success.error_message = "too old"
NO_SPANS = ExportTraceServiceResponse()
NO_SPANS.partial_success.rejected_spans = 3
NO_SPANS.partial_success.error_message = "quota"

Post = Callable[..., int]


@contextmanager
def endpoint(status: str, header: tuple[str, str], body: Any) -> Iterator[Post]:
    """Its status as one that pushes sees it, and how many bytes it could get rid of."""

    def answer(environ: Any, start_response: Any) -> Iterator[bytes]:
        environ["wsgi.input"].read()
        start_response(status, [header])
        yield from body

    server = WSGIServer(("127.0.0.1", 0), answer, log=None, error_log=None)
    server.start()
    with closing(OtlpSession()) as session:

        def post(path: str = "/v1/metrics") -> int:
            url = f"http://127.0.0.1:{server.server_port}{path}"
            reply = session.request(method="POST", url=url, data=b"points", timeout=5.0,
                                    allow_redirects=False)  # fmt: skip
            return reply.status_code

        yield post
    server.stop(timeout=0)


@pytest.mark.parametrize(
    ("status", "header", "body"),
    [
        ("200 OK", PROTOBUF, b""),
        ("202 Accepted", PROTOBUF, TOLERANT.SerializeToString()),
        ("200 OK", ("Content-Type", "application/json"), b'{"partialSuccess":{}}'),
        ("500 Broken", PROTOBUF, b""),
        ("404 Not Found", PAGE, b"<html>"),
    ],
)
def test_an_answer_is_passed_on(status: str, header: tuple[str, str], body: bytes) -> None:
    with endpoint(status, header, [body]) as post:
        assert post() == int(status.split()[0])
        assert post() == int(status.split()[0]), "and the connection serves again"


@pytest.mark.parametrize(
    ("path", "status", "header", "body", "told"),
    [
        ("/v1/metrics", "302 Found", ("Location", "/login"), b"", "302 and leads to /login"),
        ("/v1/metrics", "200 OK", PAGE, b"<html>welcome", "no OTLP endpoint"),
        ("/v1/metrics", "200 OK", PROTOBUF, NO_POINTS.SerializeToString(),
         "7 data points: too old"),
        ("/v1/traces", "200 OK", PROTOBUF, NO_SPANS.SerializeToString(), "3 spans: quota"),
    ],
)  # fmt: skip
def test_what_has_taken_nothing_is_no_success(
    path: str, status: str, header: tuple[str, str], body: bytes, told: str
) -> None:
    with endpoint(status, header, [body]) as post, pytest.raises(NotTakenError, match=told):
        post(path)


def test_a_reply_without_an_end_is_read_for_a_while_only() -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield bytes(MOST_BYTES)

    with endpoint("500 Broken", PROTOBUF, pieces()) as post:
        assert post() == 500
    assert 1 <= sent < 1000
