"""Many durations at once, on their way into histograms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LINEAR = 1024
HALF = 512
MAX_US = 3_600_000_000
MOST_DIFFERENT: Final = 512
"""To be kept for later: more would not stay in the cache, and what they hold up begins late."""
LAST_INDEX = ((MAX_US.bit_length() - 10) << 9) + (MAX_US >> (MAX_US.bit_length() - 10))


@dataclass(frozen=True, slots=True)
class Counts:
    """Ready to be added: by index of the bucket, as `Histogram` has it."""

    by_index: dict[int, int]
    sum_us: int
    min_us: int
    max_us: int

    @classmethod
    def of(cls, durations_us: dict[int, int]) -> Counts:
        """How many there are of each, at least one; below zero is zero, as it is to `record`."""
        if (least_us := min(durations_us)) < 0:
            durations_us = _from_zero(durations_us)
            least_us = 0
        most_us, sum_us = max(durations_us), 0
        for us, n in durations_us.items():
            sum_us += us * n
        by_index = durations_us if most_us < LINEAR else _in_buckets(durations_us)
        return cls(by_index, sum_us, least_us, most_us)

    def add_to(self, counts: dict[int, int]) -> None:
        for index, n in self.by_index.items():
            counts[index] = counts.get(index, 0) + n


def _from_zero(durations_us: dict[int, int]) -> dict[int, int]:
    least = sum(n for us, n in durations_us.items() if us <= 0)
    return {0: least} | {us: n for us, n in durations_us.items() if us > 0}


def _in_buckets(durations_us: dict[int, int]) -> dict[int, int]:
    by_index: dict[int, int] = {}
    for us, n in durations_us.items():
        if us < LINEAR:
            index = us
        else:
            shift = us.bit_length() - 10
            index = min((shift << 9) + (us >> shift), LAST_INDEX)
        by_index[index] = by_index.get(index, 0) + n
    return by_index
