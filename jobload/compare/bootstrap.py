"""How far a figure would have been another one by chance: resampling of runs and within them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import ceil
from operator import truediv
from random import Random
from statistics import median

from jobload.measure.histogram import Histogram, middle_us

DRAWS_OF_A_RUN = 400
RESAMPLES = 5000
MOST_RESAMPLES = 200_000
FEWEST_OUTSIDE = 5
"""Beyond each end of an interval, so that the end does not hang on one of them."""
MOST_BLOCKS = 60
"""Of the seconds of a stage: longer ones are put together, so that their likeness does no harm."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A figure of one run, and what it might have been with other requests of the same kind."""

    value: float
    draws: Sequence[float]


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


def percentile_sample(times: Histogram, percent: float, random: Random) -> Sample | None:
    """In milliseconds.

    The rank of a percentile in a resample of n values has a beta distribution, so that nothing need
    be resampled one by one.
    """
    total = times.count
    value_us = times.percentile_us(percent)
    if value_us is None:
        return None
    rank = max(1, ceil(total * percent / 100))
    indices = sorted(times.counts)
    reached = list(accumulate(times.counts[index] for index in indices))
    shown_ms = [min(max(middle_us(i), times.min_us), times.max_us) / 1e3 for i in indices]
    draws = []
    for _ in range(DRAWS_OF_A_RUN):
        at = random.betavariate(rank, total - rank + 1) * total
        draws.append(shown_ms[min(bisect_left(reached, at), len(indices) - 1)])
    return Sample(value_us / 1e3, draws)


def rate_sample(value: float, stages: Sequence[Sequence[int]], random: Random) -> Sample:
    """A rate, and what it might have been with the seconds of each stage in another mixture."""
    blocks = [_blocks(seconds) for seconds in stages]
    whole = sum(map(sum, blocks))
    if not whole:
        return Sample(value, [value] * DRAWS_OF_A_RUN)
    draws = [
        value * sum(sum(random.choices(of_stage, k=len(of_stage))) for of_stage in blocks) / whole
        for _ in range(DRAWS_OF_A_RUN)
    ]
    return Sample(value, draws)


def _blocks(seconds: Sequence[int]) -> list[int]:
    length = ceil(len(seconds) / MOST_BLOCKS) or 1
    return [sum(seconds[at : at + length]) for at in range(0, len(seconds), length)]


def middle(side: Sequence[Sample]) -> float:
    """The median, which one run with a hiccup does not move far."""
    return median(sample.value for sample in side)


def ratio_interval(
    base: Sequence[Sample], new: Sequence[Sample], confidence: float, seed: int
) -> Interval | None:
    """Of the ratio of the middles, new to base; None when the base comes near zero."""
    count = min(MOST_RESAMPLES, max(RESAMPLES, ceil(2 * FEWEST_OUTSIDE / (1 - confidence))))
    before = _resampled(base, count, f"{seed} base")
    if min(before) <= 0:
        return None
    after = _resampled(new, count, f"{seed} new")
    ratios = sorted(map(truediv, after, before))
    tail = int((1 - confidence) / 2 * count)
    return Interval(ratios[tail], ratios[-1 - tail])


def _resampled(side: Sequence[Sample], count: int, seed: str) -> list[float]:
    """Middles of so many sides like this one. Each run has as many draws as the others, so one of
    all draws is one of a run of any."""
    pool = sorted(draw for run in side for draw in run.draws)
    below, above = _middle_places(len(side), len(pool), count, seed)
    return [(pool[low] + pool[high]) / 2 for low, high in zip(below, above, strict=True)]


@lru_cache(maxsize=4)
def _middle_places(runs: int, draws: int, count: int, seed: str) -> tuple[array[int], array[int]]:
    """Where in a sorted pool of draws the two are whose mean is the median of so many, taken at
    random; they are the same for each figure of a comparison."""
    drawn = iter(Random(seed).choices(range(draws), k=runs * count))
    taken = [*map(sorted, zip(*[drawn] * runs, strict=True))]
    above, below = runs // 2, (runs - 1) // 2
    return array("L", (each[below] for each in taken)), array("L", (each[above] for each in taken))
