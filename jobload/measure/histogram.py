"""A log-linear histogram of durations in whole microseconds.

Values below 1024 µs have a bucket each; above, every power of two is cut into 512 buckets, so the
middle of a bucket is at most 1/1024 (0.098 %) from any value in it. All state is integers: merging
is exact, in any order, and memory depends on the spread of the values, never on their number.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import accumulate
from math import ceil
from typing import Annotated, Self

import msgspec

from jobload.measure.duration_counts import HALF, LAST_INDEX, LINEAR, Counts
from jobload.measure.record import MOST, Count, Record

RELATIVE_ERROR = 1 / 1024
UNSET_MIN_US = 1 << 62
UNSET_MAX_US = -1


Index = Annotated[int, msgspec.Meta(ge=0, le=LAST_INDEX)]
Samples = Annotated[int, msgspec.Meta(ge=1, le=MOST)]


class Histogram(Record):
    """`counts` by index of the bucket. One that arrives with extremes or a sum that are not those
    of its buckets is refused: percentiles are clamped to them, so they would be wrong too."""

    counts: dict[Index, Samples] = msgspec.field(default_factory=dict)
    sum_us: Count = 0
    min_us: int = UNSET_MIN_US
    max_us: int = UNSET_MAX_US

    def __post_init__(self) -> None:
        if not self._extremes_fit():
            raise ValueError("a histogram whose extremes or sum are not those of its buckets")

    def _extremes_fit(self) -> bool:
        if not self.counts:
            return not self.sum_us and self.min_us == UNSET_MIN_US and self.max_us == UNSET_MAX_US
        low, high, n = min(self.counts), max(self.counts), self.count
        return (
            lowest_us(low) <= self.min_us <= self.max_us
            and (low == LAST_INDEX or self.min_us < lowest_us(low + 1))
            and lowest_us(high) <= self.max_us
            and (high == LAST_INDEX or self.max_us < lowest_us(high + 1))
            and n * self.min_us <= self.sum_us <= n * self.max_us
        )

    def record(self, us: int, times: int = 1) -> None:
        """Adds a duration; below zero is zero, above an hour falls into the last bucket."""
        if us < LINEAR:
            if us < 0:
                us = 0
            index = us
        else:
            shift = us.bit_length() - 10
            index = (shift << 9) + (us >> shift)
            if index > LAST_INDEX:
                index = LAST_INDEX
        try:
            self.counts[index] += times
        except KeyError:
            self.counts[index] = times
        self.sum_us += us * times
        if us > self.max_us:
            self.max_us = us
        if us < self.min_us:
            self.min_us = us

    def add(self, counted: Counts) -> None:
        """The same as to record each of them."""
        counted.add_to(self.counts)
        self.sum_us += counted.sum_us
        self.min_us = min(self.min_us, counted.min_us)
        self.max_us = max(self.max_us, counted.max_us)

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def mean_us(self) -> float | None:
        return self.sum_us / n if (n := self.count) else None

    def percentile_us(self, percent: float) -> float | None:
        """The nearest-rank percentile, 0 < percent <= 100; None without samples."""
        return self.percentiles_us([percent])[0]

    def percentiles_us(self, percents: list[float]) -> list[float | None]:
        """As `percentile_us`, in one pass over the buckets."""
        total = self.count
        if not total:
            return [None] * len(percents)
        indices = sorted(self.counts)
        reached = list(accumulate(map(self.counts.__getitem__, indices)))
        found: list[float | None] = []
        for percent in percents:
            rank = max(1, ceil(total * _share(percent)))
            index = indices[bisect_left(reached, rank)]
            found.append(self._shown_us(index))
        return found

    def merge(self, other: Self) -> None:
        if not other.counts:
            return  # most of a record's are empty
        if not self.counts:
            self.counts = other.counts.copy()
        else:
            counts, before = self.counts, self.counts.get
            for index, n in other.counts.items():
                counts[index] = before(index, 0) + n
        self.sum_us += other.sum_us
        self.min_us = min(self.min_us, other.min_us)
        self.max_us = max(self.max_us, other.max_us)

    def since(self, earlier: Self) -> Self:
        """Its extremes are those of its buckets unless they are new ones of the whole."""
        if not self.counts:
            return self.copy()
        before = earlier.counts.get
        counts = {i: n - old for i, n in self.counts.items() if n != (old := before(i, 0))}
        return self._of(counts, self.sum_us - earlier.sum_us)

    def without_highest(self, n: int) -> Self:
        """The same but for its `n` longest durations; each leaves with the mean of its bucket."""
        if not n:
            return self
        counts, sum_us = self.counts.copy(), self.sum_us
        for index in sorted(counts, reverse=True):
            taken = min(n, counts[index])
            counts[index] -= taken
            n -= taken
            sum_us -= round(self._shown_us(index) * taken)
            if not counts[index]:
                del counts[index]
            if not n:
                break
        return self._of(counts, sum_us)

    def where(self, keep: Callable[[float], bool]) -> Self:
        """The same with those buckets only that `keep`, asked for their durations, wants."""
        kept = {i: n for i, n in self.counts.items() if keep(self._shown_us(i))}
        if len(kept) == len(self.counts):
            return self
        return self._of(kept, round(sum(self._shown_us(i) * n for i, n in kept.items())))

    def _shown_us(self, index: int) -> float:
        return min(max(middle_us(index), self.min_us), self.max_us)

    def _of(self, counts: dict[int, int], sum_us: int) -> Self:
        """Some of its samples: extremes and sum are fitted to what is known of them."""
        if not counts:
            return type(self)()
        low, high, n = min(counts), max(counts), sum(counts.values())
        min_us = max(lowest_us(low), self.min_us)
        max_us = min(lowest_us(high + 1) - 1, self.max_us) if high < LAST_INDEX else self.max_us
        return type(self)(counts, min(max(sum_us, n * min_us), n * max_us), min_us, max_us)

    def copy(self) -> Self:
        twin: Self = self.__copy__()  # type: ignore[attr-defined]  # not looked at again: extremes and sum fit here, too
        twin.counts = self.counts.copy()
        return twin


def merged(*histograms: Histogram) -> Histogram:
    """All of them as one."""
    whole = Histogram()
    for each in histograms:
        whole.merge(each)
    return whole


@cache
def _share(percent: float) -> Fraction:
    """As it is written: of 1,000 samples 99.9 % are 999, and no rounding makes them more."""
    return Fraction(str(percent)) / 100


def lowest_us(index: int) -> int:
    if index < LINEAR:
        return index
    shift = index // HALF - 1
    return (index - shift * HALF) << shift


def middle_us(index: int) -> float:
    low = lowest_us(index)
    return low if index < LINEAR else low + (lowest_us(index + 1) - 1 - low) / 2
