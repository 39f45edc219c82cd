"""A frame in the form of OpenTelemetry: the same metrics, named so that a Prometheus which takes
OTLP calls them as it would if it had scraped them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.metrics.export import Metric as OtlpMetric
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from jobload.live.metrics.bucket_bounds import Octaves, counts_between
from jobload.live.metrics.definition import METRICS, PREFIX, Metric, Times
from jobload.live.metrics.frame import Frame

UNITS = {"seconds": "s", "ratio": "1", "": ""}
SCOPE = InstrumentationScope(PREFIX, version(PREFIX))


def resource() -> Resource:
    """OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word."""
    own = {"service.name": PREFIX, "service.version": version(PREFIX)}
    return Resource.create({**own, **OTELResourceDetector().detect().attributes})


def metrics_of(frame: Frame, of: Resource) -> MetricsData:
    began_ns = int(frame.began_unix_s * 1e9)
    now_ns = int((frame.began_unix_s + frame.elapsed_s) * 1e9)
    bounds_us = _bounds_us(frame)
    told = [_metric(metric, frame, began_ns, now_ns, bounds_us) for metric in METRICS]
    scope = ScopeMetrics(SCOPE, [metric for metric in told if metric.data.data_points], "")
    return MetricsData([ResourceMetrics(of, [scope], "")])


def _metric(
    metric: Metric, frame: Frame, began_ns: int, now_ns: int, bounds_us: Sequence[int]
) -> OtlpMetric:
    samples = [
        (dict(zip(metric.labels, labels, strict=True)), value)
        for labels, value in metric.read(frame)
    ]
    data: Gauge | Sum | Histogram
    if metric.kind == "histogram":
        points = [
            _histogram(labels, value, began_ns, now_ns, bounds_us)
            for labels, value in samples
            if isinstance(value, Times)
        ]
        data = Histogram(points, AggregationTemporality.CUMULATIVE)
    else:
        numbers = [
            NumberDataPoint(labels, began_ns, now_ns, value)
            for labels, value in samples
            if not isinstance(value, Times)
        ]
        is_sum = metric.kind == "counter"
        data = Sum(numbers, AggregationTemporality.CUMULATIVE, True) if is_sum else Gauge(numbers)
    return OtlpMetric(f"{PREFIX}.{metric.base}", metric.text, UNITS[metric.unit], data)


def _histogram(
    labels: dict[str, str], times: Times, began_ns: int, now_ns: int, bounds_us: Sequence[int]
) -> HistogramDataPoint:
    histogram = times.histogram
    some = bool(histogram.counts)
    return HistogramDataPoint(
        attributes=labels,
        start_time_unix_nano=began_ns,
        time_unix_nano=now_ns,
        count=histogram.count,
        sum=histogram.sum_us / 1e6,
        bucket_counts=counts_between(histogram, [*bounds_us]),
        explicit_bounds=[us / 1e6 for us in bounds_us],
        min=histogram.min_us / 1e6 if some else 0.0,
        max=histogram.max_us / 1e6 if some else 0.0,
    )


def _bounds_us(frame: Frame) -> list[int]:
    octaves = Octaves()
    octaves.widen_to(frame)
    return octaves.bounds_us
