"""The bounds of the buckets that histograms are told in: none is wider than 1 % of where it begins.

They are bounds of our own buckets too, so that counts up to them are exact. All of them would be
two thousand, so only those of octaves that a run has samples in are told; once told, they stay.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cache
from itertools import accumulate, pairwise

from jobload.live.metrics.frame import Frame
from jobload.measure.duration_counts import HALF, MAX_US
from jobload.measure.histogram import Histogram, lowest_us

PERCENT = 100
LOWEST_OCTAVE = 6
"""64 µs: below that a bucket of a whole microsecond is wider than 1 %."""
END_OCTAVE = MAX_US.bit_length()


class Octaves:
    """From which to which power of two, in microseconds; they only ever become more."""

    def __init__(self) -> None:
        self._first = self._end = 0

    def widen(self, histogram: Histogram) -> None:
        if not histogram.counts:
            return
        low, high = min(histogram.counts), max(histogram.counts)
        first = max(LOWEST_OCTAVE, lowest_us(low).bit_length() - 1)
        end = max(LOWEST_OCTAVE, lowest_us(high).bit_length() - 1) + 1
        self._first = min(self._first or first, first)
        self._end = max(self._end, end)

    def widen_to(self, frame: Frame) -> None:
        """One set of bounds for all histograms, so that they can be added."""
        for place in frame.places:
            self.widen(place.response)
            self.widen(place.lower)
            self.widen(place.service)
            for request in place.requests.values():
                self.widen(request.time)

    @property
    def bounds_us(self) -> list[int]:
        """Rising. Up to the first nothing has to be: what is below is in its bucket."""
        bounds = _all_bounds_us()
        low, high = 1 << self._first, 1 << self._end
        return bounds[bisect_left(bounds, low) : bisect_right(bounds, high)] if self._end else []


@cache
def _all_bounds_us() -> list[int]:
    edges = [us for octave in range(LOWEST_OCTAVE, END_OCTAVE) for us in _octave_us(octave)]
    return [*edges, 1 << END_OCTAVE]


def _octave_us(octave: int) -> list[int]:
    """Steps are whole buckets of ours, and at most 1 % of where they begin."""
    low = 1 << octave
    grain = max(1, low // HALF)
    found = [low]
    while (after := found[-1] + max(grain, found[-1] // PERCENT // grain * grain)) < 2 * low:
        found.append(after)
    return found


def counts_up_to(histogram: Histogram, bounds_us: list[int]) -> list[int]:
    """How many samples are below each bound, and in the end all of them."""
    counts = [0] * (len(bounds_us) + 1)
    for index, n in histogram.counts.items():
        counts[bisect_right(bounds_us, lowest_us(index))] += n
    return list(accumulate(counts))


def counts_between(histogram: Histogram, bounds_us: list[int]) -> list[int]:
    """The same for each bucket by itself."""
    up_to = [0, *counts_up_to(histogram, bounds_us)]
    return [after - before for before, after in pairwise(up_to)]
