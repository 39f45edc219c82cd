"""A log-linear histogram of durations in whole microseconds.

Values below 1024 µs have a bucket each; above, every power of two is cut into 512 buckets, so the
middle of a bucket is at most 1/1024 (0.098 %) from any value in it. All state is integers: merging
is exact, in any order, and memory depends on the spread of the values, never on their number.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

LINEAR = 1024
HALF = 512
MAX_US = 3_600_000_000
RELATIVE_ERROR = 1 / 1024
LAST_INDEX = ((MAX_US.bit_length() - 10) << 9) + (MAX_US >> (MAX_US.bit_length() - 10))
UNSET_MIN_US = 1 << 62
UNSET_MAX_US = -1


class Histogram:
    __slots__ = ("counts", "max_us", "min_us", "sum_us")

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.sum_us = 0
        self.min_us = UNSET_MIN_US
        self.max_us = UNSET_MAX_US

    def record(self, us: int) -> None:
        """Adds one duration; below zero is zero, above an hour falls into the last bucket."""
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
            self.counts[index] += 1
        except KeyError:
            self.counts[index] = 1
        self.sum_us += us
        if us > self.max_us:
            self.max_us = us
        if us < self.min_us:
            self.min_us = us

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
        """As `percentile_us`, in one pass over the buckets; `percents` must rise."""
        total = self.count
        if not total:
            return [None] * len(percents)
        buckets = self._cumulated()
        index, reached = next(buckets)
        found: list[float | None] = []
        for percent in percents:
            rank = max(1, ceil(total * Fraction(str(percent)) / 100))
            while reached < rank:
                index, reached = next(buckets)
            found.append(min(max(middle_us(index), self.min_us), self.max_us))
        return found

    def _cumulated(self) -> Iterator[tuple[int, int]]:
        reached = 0
        for index in sorted(self.counts):
            reached += self.counts[index]
            yield index, reached

    def merge(self, other: Histogram) -> None:
        if not self.counts:
            self.counts = other.counts.copy()
        else:
            counts, before = self.counts, self.counts.get
            for index, n in other.counts.items():
                counts[index] = before(index, 0) + n
        self.sum_us += other.sum_us
        self.min_us = min(self.min_us, other.min_us)
        self.max_us = max(self.max_us, other.max_us)

    def since(self, earlier: Histogram) -> Histogram:
        """What came after `earlier`, an older state of this histogram.

        Its extremes are those of its buckets unless they are new ones of the whole.
        """
        later = Histogram()
        before = earlier.counts.get
        later.counts = {i: n - old for i, n in self.counts.items() if n != (old := before(i, 0))}
        later.sum_us = self.sum_us - earlier.sum_us
        if later.counts:
            low, high = min(later.counts), max(later.counts)
            later.min_us = max(lowest_us(low), self.min_us)
            later.max_us = min(lowest_us(high + 1) - 1, self.max_us)
        return later

    def copy(self) -> Histogram:
        twin = Histogram()
        twin.counts = self.counts.copy()
        twin.sum_us, twin.min_us, twin.max_us = self.sum_us, self.min_us, self.max_us
        return twin

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        return self._state() == other._state()

    def __hash__(self) -> int:
        raise TypeError("a histogram changes, so it has no hash")

    def _state(self) -> tuple[object, ...]:
        return self.counts, self.sum_us, self.min_us, self.max_us


def lowest_us(index: int) -> int:
    if index < LINEAR:
        return index
    shift = index // HALF - 1
    return (index - shift * HALF) << shift


def middle_us(index: int) -> float:
    low = lowest_us(index)
    return low if index < LINEAR else low + (lowest_us(index + 1) - 1 - low) / 2
