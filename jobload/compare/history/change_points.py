"""Where the level of a series changed, by how much, and how sure that is.

The series is divided at its strongest split, and each part again, as long as chance does not do as
much (E-divisive, Matteson and James, 2014, which MongoDB and Apache Otava use, but with the
statistic of `strongest_split.py`). Then each change is placed anew between its neighbours, by least
squares, and dropped when it no longer holds there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from math import exp
from statistics import fmean, median
from sys import float_info

from jobload.compare.history.strongest_split import (
    CLIPPED_AT,
    FEWEST,
    TO_DEVIATION,
    p_of_change,
    strongest_split,
)

COVERED = 0.9
"""Of where a change may lie, by the likelihood of each place."""
NO_CHANGE = 1.0
MIN = float_info.min


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """`index` is that of the first run of the new level, 90 % sure to be one from `earliest` to
    `latest`. `p_value` is how often chance alone shows as much."""

    index: int
    earliest: int
    latest: int
    before: float
    after: float
    p_value: float

    @property
    def size(self) -> float:
        return abs(self.after - self.before)


@lru_cache(maxsize=512)
def change_points(values: tuple[float, ...], least: float = 0.0) -> tuple[ChangePoint, ...]:
    """In their order; `least` is the smallest difference of levels that is told."""
    found = sorted(set(_divided(values, 0)))
    while found:
        found = _placed(values, found)
        changes = [_judged(values, *around) for around in _around(found, len(values))]
        doubtful = [c for c in changes if c.p_value == NO_CHANGE]
        doubtful = doubtful or [c for c in changes if c.size < least]
        if not doubtful:
            return tuple(changes)
        found.remove(min(doubtful, key=lambda change: change.size).index)
    return ()


def _divided(values: Sequence[float], offset: int) -> Iterator[int]:
    split = strongest_split(values)
    if split is None:
        return
    ends = [0, *split, len(values)]
    yield from (offset + end for end in split)
    for first, last in pairwise(ends):
        yield from _divided(values[first:last], offset + first)


def _placed(values: Sequence[float], found: Sequence[int]) -> list[int]:
    """Each where it is likeliest, those before it being where they are now."""
    ends = [0, *found, len(values)]
    for at in range(1, len(ends) - 1):
        first, last = ends[at - 1], ends[at + 1]
        chances = _chances(values[first:last], ends[at] - first)
        ends[at] = first + max(chances, key=lambda k: chances[k])
    return ends[1:-1]


def _around(found: Sequence[int], n: int) -> Iterator[tuple[int, int, int]]:
    ends = [0, *found, n]
    yield from zip(ends, ends[1:], ends[2:], strict=False)


def _judged(values: tuple[float, ...], first: int, index: int, last: int) -> ChangePoint:
    part = values[first:last]
    likely = _likeliest(_chances(part, index - first))
    p = p_of_change(part)
    return ChangePoint(
        index=index,
        earliest=min(index, first + min(likely)),
        latest=max(index, first + max(likely)),
        before=median(values[first:index]),
        after=median(values[index:last]),
        p_value=NO_CHANGE if p is None else p,
    )


def _chances(part: Sequence[float], about: int) -> dict[int, float]:
    """Of each place of a change in these, up to a constant, if noise is normal but for outliers; a
    change `about` there says which those are."""
    given, n = _without_outliers(part, about), len(part)
    sums = list(accumulate(given))
    whole = sum(value * value for value in given)
    rest = {k: whole - sums[k - 1] ** 2 * n / (k * (n - k)) for k in range(FEWEST, n - FEWEST + 1)}
    least = min(rest.values())
    variance = max(least / (n - 2), 1e-12 * whole, MIN)
    return {k: exp((least - each) / (2 * variance)) for k, each in rest.items()}


def _without_outliers(part: Sequence[float], about: int) -> list[float]:
    """Of mean 0, and none further than three standard deviations from both levels."""
    low, high = sorted((median(part[:about]), median(part[about:])))
    far = CLIPPED_AT * TO_DEVIATION * median(
        min(abs(value - low), abs(value - high)) for value in part
    )  # fmt: skip
    clipped = [min(max(value, low - far), high + far) for value in part]
    mean = fmean(clipped)
    return [value - mean for value in clipped]


def _likeliest(chances: dict[int, float]) -> list[int]:
    """The fewest places that together cover as much as is wanted."""
    by_chance = sorted(chances, key=lambda k: -chances[k])
    reached = accumulate(chances[k] for k in by_chance)
    wanted = COVERED * sum(chances.values())
    return by_chance[: 1 + sum(so_far < wanted for so_far in reached)]
