"""Pushes frames and traced operations over OTLP/HTTP, every few seconds and when a run is over.

What is wrong with the endpoint is told once of metrics, and once of spans: there are some that take
only one of them. The run goes on, and so do the attempts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from threading import Condition, Thread
from time import monotonic

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricExportResult
from opentelemetry.sdk.trace.export import SpanExportResult

from jobload.live.metrics.frame import Frame, TracedOperation
from jobload.web.exporter.exporter_messages import ExporterEvent, Message
from jobload.web.exporter.otlp_metrics import metrics_of, resource
from jobload.web.exporter.otlp_session import OtlpSession
from jobload.web.exporter.otlp_spans import spans_of

EVERY_S = 5.0
WITHIN_S = 2.5
"""One push of metrics, or of spans, with all that is tried for it."""
STUCK_AFTER_S = 6.0
"""What trickles in, or a name that nobody resolves, is in no time limit of a socket's."""
MOST_KEPT = 5_000
SHOWN_CHARACTERS = 300


class OtlpPush:
    def __init__(self, url: str, tell: Callable[[ExporterEvent], None]) -> None:
        self._url = url
        self._tell = tell
        base = url.rstrip("/")
        self._sessions = {"metrics": OtlpSession(), "spans": OtlpSession()}
        self._metrics = OTLPMetricExporter(
            f"{base}/v1/metrics", timeout=WITHIN_S, session=self._sessions["metrics"]
        )
        self._spans = OTLPSpanExporter(
            f"{base}/v1/traces", timeout=WITHIN_S, session=self._sessions["spans"]
        )
        self._resource = resource()
        self._said = _Said()
        self._frame: Frame | None = None
        self._traced: list[TracedOperation] = []
        self._is_due = False
        self._pushes: tuple[str, float] | None = None
        """What, and since when."""
        self._told_of: set[str] = set()
        self._changed = Condition()
        Thread(target=self._push_again_and_again, daemon=True).start()

    def take(self, message: Message) -> None:
        with self._changed:
            self._traced += message.traced
            del self._traced[:-MOST_KEPT]
            if (frame := message.frame) is None:
                return
            is_new = self._frame is None or self._frame.run_id != frame.run_id
            self._frame = frame
            if is_new or frame.state != "running":
                self._is_due = True
                self._changed.notify()
        what, since_s = self._pushes or ("", monotonic())
        if monotonic() - since_s > STUCK_AFTER_S:
            self._told(what, f"no answer within {STUCK_AFTER_S:g} s")

    def _push_again_and_again(self) -> None:
        while True:
            frame, traced = self._next()
            if frame is None:
                continue
            self._try("metrics", partial(self._push_metrics, frame))
            if traced:
                self._try("spans", partial(self._push_spans, traced))
            if frame.state != "running":
                self._tell(ExporterEvent(pushed=True))

    def _next(self) -> tuple[Frame | None, list[TracedOperation]]:
        with self._changed:
            if not self._is_due:
                self._changed.wait(EVERY_S)
            is_over = self._frame is not None and self._frame.state != "running"
            frame = self._frame if self._is_due or not is_over else None
            self._is_due = False
            traced, self._traced = (self._traced, []) if frame is not None else ([], self._traced)
        return frame, traced

    def _try(self, what: str, push: Callable[[], bool]) -> None:
        self._pushes = what, monotonic()
        try:
            if not push():
                self._told(what, self._sessions[what].trouble or self._said.newest or "no reason")
        except Exception as error:  # else nobody pushes any more, and nobody knows
            self._told(what, f"{type(error).__name__}: {error}")
        self._pushes = None

    def _push_metrics(self, frame: Frame) -> bool:
        result = self._metrics.export(metrics_of(frame, self._resource))
        return result is MetricExportResult.SUCCESS

    def _push_spans(self, traced: list[TracedOperation]) -> bool:
        spans = [span for each in traced for span in spans_of(each, self._resource)]
        return self._spans.export(spans) is SpanExportResult.SUCCESS

    def _told(self, what: str, why: str) -> None:
        if what not in self._told_of:
            self._told_of.add(what)
            shown = why[:SHOWN_CHARACTERS]
            sentence = f"--otlp {self._url}: {what} could not be pushed ({shown}); the run goes on."
            self._tell(ExporterEvent(problem=sentence))


class _Said(logging.Handler):
    """What the SDK says goes nowhere else: it would say it again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.newest = ""
        logger = logging.getLogger("opentelemetry")
        logger.addHandler(self)
        logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        self.newest = " ".join(record.getMessage().split())
