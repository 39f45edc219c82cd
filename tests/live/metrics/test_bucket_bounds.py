"""Bounds of buckets: narrow enough for a percentile within 1 %, exact, and few."""

from __future__ import annotations

from itertools import pairwise
from math import ceil

from hypothesis import given
from hypothesis import strategies as st
from made_histogram import histogram as histogram_of

from jobload.live.metrics.bucket_bounds import Octaves, counts_between, counts_up_to
from jobload.measure.duration_counts import MAX_US
from jobload.measure.histogram import Histogram

times_us = st.lists(st.integers(min_value=100, max_value=MAX_US), min_size=1, max_size=300)


def bounds_for(*histograms: Histogram) -> list[int]:
    octaves = Octaves()
    for each in histograms:
        octaves.widen(each)
    return octaves.bounds_us


def quantile_us(share: float, histogram: Histogram) -> float:
    """As Prometheus has it (`histogram_quantile`): linear within a bucket."""
    bounds = bounds_for(histogram)
    counts = counts_up_to(histogram, bounds)
    rank = share * counts[-1]
    at = next(i for i, count in enumerate(counts) if count >= rank)
    if at == len(bounds):
        return bounds[-1]
    low, before = (bounds[at - 1], counts[at - 1]) if at else (0, 0)
    return low + (bounds[at] - low) * (rank - before) / (counts[at] - before)


def test_no_bucket_is_wider_than_one_percent() -> None:
    bounds = bounds_for(histogram_of(*[100, MAX_US]))
    assert max((high - low) / low for low, high in pairwise(bounds) if low >= 100) <= 0.01
    assert len(bounds) < 2000


@given(times_us, st.sampled_from([0.5, 0.9, 0.95, 0.99, 0.999]))
def test_a_quantile_is_within_one_percent(times: list[int], share: float) -> None:
    exact = sorted(times)[ceil(share * len(times) - 1e-9) - 1]
    assert abs(quantile_us(share, histogram_of(*times)) - exact) <= 0.0101 * exact


@given(times_us)
def test_counts_up_to_a_bound_are_exact(times: list[int]) -> None:
    histogram = histogram_of(*times)
    bounds = bounds_for(histogram)
    expected = [sum(us < bound for us in times) for bound in bounds]
    assert counts_up_to(histogram, bounds) == [*expected, len(times)]
    assert sum(counts_between(histogram, bounds)) == len(times)


@given(times_us, times_us)
def test_bounds_that_were_told_stay(first: list[int], then: list[int]) -> None:
    early, late = histogram_of(*first), histogram_of(*then)
    assert {*bounds_for(early)} <= {*bounds_for(early, late)}


def test_only_octaves_with_samples_are_told() -> None:
    bounds = bounds_for(histogram_of(*[5_000, 20_000]))
    assert (bounds[0], bounds[-1]) == (4096, 32768)
    assert not bounds_for(Histogram())
