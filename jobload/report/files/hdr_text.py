"""A histogram in the percentile format of HdrHistogram, which its plotters read. Values are ms."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor, log2, sqrt

from jobload.measure.duration_counts import HALF
from jobload.measure.histogram import Histogram, lowest_us, middle_us

TICKS_PER_HALF = 5
"""Rows for each halving of the distance to 100 %."""


def hdr_text(histogram: Histogram) -> str:
    header = f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}\n\n"
    return header + "".join(_rows(histogram)) + _footer(histogram)


def spectrum(histogram: Histogram) -> Iterator[tuple[float, float, int]]:
    """(value in ms, percent reached, samples up to it), denser towards 100 %."""
    total = histogram.count
    reached, level = 0, 0.0
    for index in sorted(histogram.counts):
        reached += histogram.counts[index]
        value_ms = min(lowest_us(index + 1) - 1, histogram.max_us) / 1e3
        while reached < total and level <= 100 * reached / total:
            yield value_ms, level, reached
            level += _step(level)
    if total:
        yield histogram.max_us / 1e3, 100.0, total


def _step(level: float) -> float:
    halvings = floor(log2(100 / (100 - level))) + 1
    return 100.0 / (TICKS_PER_HALF << halvings)


def _rows(histogram: Histogram) -> Iterator[str]:
    for value_ms, percent, reached in spectrum(histogram):
        row = f"{value_ms:12.3f} {percent / 100:2.12f} {reached:10d}"
        yield f"{row} {100 / (100 - percent):14.2f}\n" if percent < 100 else f"{row}\n"


def _footer(histogram: Histogram) -> str:
    mean_ms = (histogram.mean_us or 0.0) / 1e3
    max_ms = max(histogram.max_us, 0) / 1e3
    octaves = len({index // HALF for index in histogram.counts})
    return (
        f"#[Mean    = {mean_ms:12.3f}, StdDeviation   = {_deviation_ms(histogram):12.3f}]\n"
        f"#[Max     = {max_ms:12.3f}, Total count    = {histogram.count:12d}]\n"
        f"#[Buckets = {octaves:12d}, SubBuckets     = {HALF:12d}]\n"
    )


def _deviation_ms(histogram: Histogram) -> float:
    total, mean_us = histogram.count, histogram.mean_us
    if mean_us is None:
        return 0.0
    squares = sum(n * (middle_us(index) - mean_us) ** 2 for index, n in histogram.counts.items())
    return sqrt(squares / total) / 1e3
