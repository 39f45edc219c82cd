"""HTTP as an OTLP endpoint is spoken to: what takes nothing must not pass for one that does.

The SDK asks for the status alone, takes a redirect for success, and reads whatever comes.
"""

from __future__ import annotations

from contextlib import suppress
from http.client import RemoteDisconnected
from typing import Any

import requests
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

MOST_BYTES = 64 * 1024
"""Of a reply; it has hardly anything to say."""


class NotTakenError(requests.RequestException):
    pass


class OtlpSession(requests.Session):
    """`trouble` is what was wrong with the request before, in words for people."""

    trouble = ""

    def request(self, *args: Any, **options: Any) -> requests.Response:
        try:
            reply = self._taken(*args, **options)
        except Exception as error:
            self.trouble = _cause(error)
            raise
        self.trouble = "" if reply.ok else f"it answers {reply.status_code} {reply.reason}"
        return reply

    def _taken(self, *args: Any, **options: Any) -> requests.Response:
        with super().request(*args, **options | {"stream": True}) as reply:
            body = next(reply.iter_content(MOST_BYTES), b"")
        if 300 <= reply.status_code < 400:
            leads = reply.headers.get("Location", "nowhere")
            raise NotTakenError(f"it answers {reply.status_code} and leads to {leads}")
        if reply.ok and reply.headers.get("Content-Type", "").startswith("text/html"):
            raise NotTakenError("it answers with a page, so it is no OTLP endpoint")
        if reply.ok and (refused := _refused(reply.url, body)):
            raise NotTakenError(f"it refuses {refused}")
        return reply


def _cause(error: BaseException) -> str:
    """What the system said; libraries wrap it in names of their own objects."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    first: BaseException | None = error
    while first is not None:
        if isinstance(first, RemoteDisconnected):
            return "it ended the connection without an answer"
        if isinstance(first, OSError) and first.strerror:
            return first.strerror
        first = first.__cause__ or first.__context__
    return str(error)


def _refused(url: str, body: bytes) -> str:
    """How many of what, and why; an answer in another form tells of none."""
    with suppress(DecodeError):
        if url.endswith("/traces"):
            spans = ExportTraceServiceResponse.FromString(body).partial_success
            if spans.rejected_spans:
                return f"{spans.rejected_spans} spans: {spans.error_message}"
        else:
            points = ExportMetricsServiceResponse.FromString(body).partial_success
            if points.rejected_data_points:
                return f"{points.rejected_data_points} data points: {points.error_message}"
    return ""
