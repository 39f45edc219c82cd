"""A histogram as one line of text: `index:count` of each bucket that is not empty."""

from __future__ import annotations

from jobload.measure.histogram import LAST_INDEX, Histogram, lowest_us
from jobload.report.model import Latency


def bucket_text(histogram: Histogram) -> str:
    return " ".join(f"{index}:{count}" for index, count in sorted(histogram.counts.items()))


def histogram_of(text: str, times: Latency) -> Histogram:
    """The same histogram again, but for its sum, which is that of the rounded mean.

    ValueError when text and figures contradict each other.
    """
    histogram = Histogram()
    for bucket in text.split():
        index, _, count = bucket.partition(":")
        histogram.counts[int(index)] = int(count)
    if not histogram.counts:
        return histogram
    if times.min is None or times.mean is None or times.max is None:
        raise ValueError("buckets of times that have no mean")
    histogram.min_us, histogram.max_us = round(times.min * 1e3), round(times.max * 1e3)
    histogram.sum_us = round(times.mean * 1e3 * histogram.count)
    low, high = min(histogram.counts), max(histogram.counts)
    if low < 0 or high > LAST_INDEX or min(histogram.counts.values()) < 1:
        raise ValueError("a bucket that no histogram has")
    if histogram.min_us < lowest_us(low) or (
        high < LAST_INDEX and histogram.max_us >= lowest_us(high + 1)
    ):
        raise ValueError("buckets that are not those of the times")
    return histogram
