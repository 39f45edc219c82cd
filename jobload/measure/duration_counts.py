"""Many durations at once, on their way into histograms."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

LINEAR = 1024
HALF = 512
MAX_US = 3_600_000_000
LAST_INDEX = ((MAX_US.bit_length() - 10) << 9) + (MAX_US >> (MAX_US.bit_length() - 10))


@dataclass(frozen=True, slots=True)
class Counts:
    """Ready to be added: by index of the bucket, as `Histogram` has it."""

    by_index: dict[int, int]
    sum_us: int
    min_us: int
    max_us: int

    @classmethod
    def of(cls, durations_us: list[int]) -> Counts:
        """At least one; below zero is zero, as it is to `record`."""
        least_us, most_us = min(durations_us), max(durations_us)
        if least_us < 0:
            least_us, most_us = 0, max(0, most_us)
            durations_us = [max(0, us) for us in durations_us]
        counts = {most_us: 1} if len(durations_us) == 1 else Counter(durations_us)
        by_index = counts if most_us < LINEAR else _in_buckets(counts)
        return cls(by_index, sum(durations_us), least_us, most_us)

    def add_to(self, counts: dict[int, int]) -> None:
        for index, n in self.by_index.items():
            counts[index] = counts.get(index, 0) + n


def _in_buckets(counts: dict[int, int]) -> dict[int, int]:
    by_index: dict[int, int] = {}
    for us, n in counts.items():
        if us < LINEAR:
            index = us
        else:
            shift = us.bit_length() - 10
            index = min((shift << 9) + (us >> shift), LAST_INDEX)
        by_index[index] = by_index.get(index, 0) + n
    return by_index
