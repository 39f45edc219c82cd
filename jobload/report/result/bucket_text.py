"""A histogram as one line of text: `index:count` of each bucket that is not empty."""

from __future__ import annotations

from jobload.measure.duration_counts import LAST_INDEX
from jobload.measure.histogram import Histogram
from jobload.report.result.stage_model import Latency


def bucket_text(histogram: Histogram) -> str:
    return " ".join(f"{index}:{count}" for index, count in sorted(histogram.counts.items()))


def histogram_of(text: str, times: Latency) -> Histogram:
    """The same histogram again, but for its sum, which is that of the rounded mean.

    ValueError when text and figures contradict each other.
    """
    buckets = [bucket.partition(":") for bucket in text.split()]
    counts = {int(index): int(count) for index, _, count in buckets}
    if not counts:
        return Histogram()
    if times.min is None or times.mean is None or times.max is None:
        raise ValueError("buckets of times that have no mean")
    if min(counts) < 0 or max(counts) > LAST_INDEX or min(counts.values()) < 1:
        raise ValueError("a bucket that no histogram has")
    low_us, high_us, n = round(times.min * 1e3), round(times.max * 1e3), sum(counts.values())
    sum_us = min(max(round(times.mean * 1e3 * n), low_us * n), high_us * n)
    return Histogram(counts, sum_us, low_us, high_us)
