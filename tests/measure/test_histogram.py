from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from math import ceil, log10

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from made_histogram import histogram
from observed import durations_us

from jobload.measure.duration_counts import LAST_INDEX, MAX_US, Counts
from jobload.measure.histogram import (
    Histogram,
    lowest_us,
    middle_us,
)

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
PERCENTS = [0.1, 1.0, 25.0, 50.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0]


def nearest_rank(values_us: list[int], percent: float) -> int:
    rank = ceil(Fraction(str(percent)) * len(values_us) / 100)
    return sorted(values_us)[max(rank, 1) - 1]


def test_one_slow_sample_in_ten_thousand_is_the_maximum_and_no_percentile() -> None:
    times = histogram(*[1_000] * 10_000 + [100 * SECOND_US])
    assert times.count == 10_001
    assert times.percentile_us(99.99) == 1_000
    assert times.max_us == 100 * SECOND_US
    assert times.min_us == 1_000
    assert times.sum_us == 110 * SECOND_US
    assert times.mean_us == pytest.approx(110 * SECOND_US / 10_001)


@given(st.lists(st.tuples(durations_us(), st.integers(0, 3))))
def test_any_split_merged_in_any_order_is_the_whole_bit_for_bit(
    shared_out: list[tuple[int, int]],
) -> None:
    parts = [histogram(*[us for us, part in shared_out if part == n]) for n in range(4)]
    whole = histogram(*[us for us, _ in shared_out])
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        merged = Histogram()
        for n in order:
            merged.merge(parts[n])
        assert merged == whole
        assert (merged.count, merged.mean_us) == (whole.count, whole.mean_us)


@given(st.lists(durations_us(HOUR_US), min_size=1, max_size=200))
@example([512 * 2**n for n in range(22)])
@example([1024 * 2**n - 1 for n in range(21)])
def test_a_percentile_is_the_nearest_rank_within_a_thousandth_or_a_microsecond(
    values_us: list[int],
) -> None:
    found = histogram(*values_us).percentiles_us(PERCENTS)
    for percent, us in zip(PERCENTS, found, strict=True):
        truth = nearest_rank(values_us, percent)
        assert us is not None
        assert abs(us - truth) <= max(1, truth / 1000), f"p{percent}"


def test_the_middle_of_a_bucket_is_near_every_value_of_it_from_a_microsecond_to_an_hour() -> None:
    for index in range(LAST_INDEX + 1):
        low, high, middle = lowest_us(index), lowest_us(index + 1) - 1, middle_us(index)
        assert low <= high
        for edge in (low, high):
            assert abs(middle - edge) <= max(1, edge / 1000)


@given(durations_us(HOUR_US))
def test_a_value_falls_into_the_bucket_that_covers_it(us: int) -> None:
    (index,) = histogram(*[us]).counts
    assert lowest_us(index) <= us < lowest_us(index + 1)


@given(st.lists(durations_us(), min_size=1))
def test_extremes_count_and_sum_are_exact(values_us: list[int]) -> None:
    times = histogram(*values_us)
    assert times.count == len(values_us)
    assert times.sum_us == sum(values_us)
    assert times.min_us == min(values_us)
    assert times.max_us == max(values_us)


@given(st.lists(durations_us(), min_size=1))
def test_percentiles_never_leave_the_extremes_and_rise(values_us: list[int]) -> None:
    found = [us for us in histogram(*values_us).percentiles_us(PERCENTS) if us is not None]
    assert len(found) == len(PERCENTS)
    assert found == sorted(found)
    assert min(values_us) <= found[0]
    assert found[-1] <= max(values_us)


def test_one_percentile_is_that_of_many_at_once() -> None:
    times = histogram(*list(range(1, 5000, 7)))
    assert [times.percentile_us(percent) for percent in PERCENTS] == times.percentiles_us(PERCENTS)


def test_without_samples_there_is_no_figure() -> None:
    nothing = Histogram()
    assert nothing.count == 0
    assert nothing.mean_us is None
    assert nothing.percentile_us(99) is None
    assert nothing.percentiles_us([50, 99]) == [None, None]


def test_a_duration_below_zero_is_zero() -> None:
    times = histogram(*[-5])
    assert (times.min_us, times.max_us, times.sum_us, times.count) == (0, 0, 0, 1)


def test_more_than_an_hour_falls_into_the_last_bucket_and_keeps_its_extremes() -> None:
    times = histogram(*[MAX_US, 10 * MAX_US, 1000 * MAX_US])
    assert times.counts == {LAST_INDEX: 3}
    assert times.max_us == 1000 * MAX_US
    assert times.sum_us == 1011 * MAX_US


def test_memory_depends_on_the_spread_of_the_values_and_never_on_their_number() -> None:
    chance = random.Random(1)
    times = Histogram()
    for _ in range(100_000):
        times.record(int(10 ** (chance.random() * log10(2 * HOUR_US))))
    assert len(times.counts) <= LAST_INDEX + 1 < 12_500
    assert max(times.counts) <= LAST_INDEX


@given(st.lists(durations_us()), st.lists(durations_us()))
def test_what_came_since_an_older_state_is_what_was_recorded_since(
    before: list[int], after: list[int]
) -> None:
    times = histogram(*before)
    older = times.copy()
    for us in after:
        times.record(us)
    since, alone = times.since(older), histogram(*after)
    assert since.counts == alone.counts
    assert since.sum_us == alone.sum_us
    merged = older.copy()
    merged.merge(since)
    assert (merged.counts, merged.sum_us) == (times.counts, times.sum_us)


@given(st.lists(durations_us(HOUR_US)), st.lists(durations_us(HOUR_US), min_size=1))
def test_extremes_since_an_older_state_are_off_by_a_bucket_at_most(
    before: list[int], after: list[int]
) -> None:
    times = histogram(*before)
    older = times.copy()
    for us in after:
        times.record(us)
    since = times.since(older)
    assert since.min_us <= min(after) <= since.min_us * 1.002 + 1
    assert since.max_us >= max(after) >= since.max_us / 1.002 - 1


def test_nothing_since_is_an_empty_histogram() -> None:
    times = histogram(*[1, 2, 3])
    assert times.since(times.copy()) == Histogram()


def test_a_copy_goes_its_own_way() -> None:
    times = histogram(*[7])
    twin = times.copy()
    twin.record(9)
    assert times == histogram(*[7])
    assert twin == histogram(*[7, 9])


def test_a_histogram_has_no_hash_because_it_changes() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Histogram())


@given(st.lists(st.integers(-5_000, 4_000_000), min_size=1))
def test_many_at_once_are_what_they_are_one_by_one(recorded_us: list[int]) -> None:
    at_once, one_by_one = Histogram(), Histogram()
    at_once.add(Counts.of(Counter(recorded_us)))
    for us in recorded_us:
        one_by_one.record(us)
    assert at_once == one_by_one
