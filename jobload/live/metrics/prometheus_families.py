"""A frame as Prometheus metrics, of text or of OpenMetrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from prometheus_client.core import (
    CounterMetricFamily,
    Exemplar,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.core import (
    Metric as Family,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from jobload.live.metrics.bucket_bounds import Octaves, counts_up_to
from jobload.live.metrics.definition import METRICS, Metric, Times
from jobload.live.metrics.frame import Exemplar as FrameExemplar
from jobload.live.metrics.frame import Frame


class PrometheusFamilies(Collector):
    """Made anew for each scrape; `newest` gives the frame, none before the first run. `give_way` is
    called after each: to write all lines at once may keep others waiting."""

    def __init__(
        self, newest: Callable[[], Frame | None], give_way: Callable[[], object] = lambda: None
    ) -> None:
        self._newest = newest
        self._give_way = give_way
        self._run_id = ""
        self._octaves = Octaves()

    def collect(self) -> Iterator[Family]:
        frame = self._newest()
        if frame is None:
            return
        for metric in METRICS:
            yield self._family(metric, frame)
            self._give_way()

    def _family(self, metric: Metric, frame: Frame) -> Family:
        if metric.kind == "histogram":
            return self._histograms(metric, frame)
        kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
        family = kind(metric.family, metric.text, labels=metric.labels, unit=metric.unit)
        for labels, value in metric.read(frame):
            assert not isinstance(value, Times)
            family.add_metric(labels, value)
        return family

    def _histograms(self, metric: Metric, frame: Frame) -> Family:
        bounds_us = self._bounds_us(frame)
        family = HistogramMetricFamily(
            metric.family, metric.text, labels=metric.labels, unit=metric.unit
        )
        bounds = [*(repr(us / 1e6) for us in bounds_us), "+Inf"]
        for labels, times in metric.read(frame):
            assert isinstance(times, Times)
            counts = counts_up_to(times.histogram, bounds_us)
            exemplars = _by_bound(times.exemplars, bounds_us)
            buckets = [
                (bound, count, exemplars[at]) if at in exemplars else (bound, count)
                for at, (bound, count) in enumerate(zip(bounds, counts, strict=True))
            ]
            family.add_metric(labels, buckets, sum_value=times.histogram.sum_us / 1e6)
        return family

    def _bounds_us(self, frame: Frame) -> list[int]:
        if frame.run_id != self._run_id:
            self._run_id, self._octaves = frame.run_id, Octaves()
        self._octaves.widen_to(frame)
        return self._octaves.bounds_us


def encoder_for(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    """What writes them in the form that a header Accept asks for, and its content type."""
    try:
        return choose_encoder(accept.replace('"', ""))
    except TypeError:  # the library's, for a version that is no number
        return choose_encoder("")


def _by_bound(exemplars: tuple[FrameExemplar, ...], bounds_us: list[int]) -> dict[int, Exemplar]:
    """By the index of its bucket; a bucket has one at most."""
    ranges = [*pairwise([0, *bounds_us]), (bounds_us[-1] if bounds_us else 0, 1 << 62)]
    found: dict[int, Exemplar] = {}
    for each in exemplars:
        at = next(i for i, (low, high) in enumerate(ranges) if low <= each.us < high)
        labels = {"trace_id": each.trace, "span_id": each.span}
        found.setdefault(at, Exemplar(labels, each.us / 1e6, each.at_unix_s))
    return found
