"""Is the strongest split of a series more than chance?

The statistic is the largest standardized difference of means (Sen and Srivastava, 1975), of the
runs before and after a split; and, where that shows nothing, of a stretch of runs within the series
and those around it (Levin and Kline, 1985), since a level that comes back hides from the first. Its
distribution is that of the same runs in any order, so that nothing is supposed of the noise but
that the order does not matter to it. Draws end as soon as the answer is known (Besag and Clifford,
1991); the same runs always give the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from math import comb
from operator import itemgetter, mul, sub
from random import Random
from statistics import fmean, median, pstdev

FEWEST = 3
"""Runs on either side of a change: fewer may be outliers."""
DRAWS = 1_999
CHANCE_OF_STEP = 0.004
CHANCE_OF_STRETCH = 0.001
"""That a series without a change shows one by either statistic; together five in a thousand."""
LENIENT = 0.01
"""For a change between two others, that has been found already."""
CLIPPED_AT = 3.0
TO_DEVIATION = 1.4826
"""From the median of distances to the standard deviation, of a normal distribution."""
GROWTH = 1.2
"""From one length of stretches to the next that is tried; where they end is then told exactly."""
OVERLAPPING = 4
"""Stretches of a length that any run is in, at least."""


Scores = tuple[float, float]
"""Of one run: what it measured, and its rank."""


def _scores(values: Sequence[float]) -> list[Scores]:
    """Each of mean 0 and variance 1. What lies far out counts as three standard deviations, so that
    a few runs of another level are seen as such, and one by itself is not; ranks see a step beside
    outliers, and among values most of which are the same."""
    ranks = _middle_ranks(values)
    middle = median(values)
    far = CLIPPED_AT * TO_DEVIATION * median(abs(value - middle) for value in values)
    clipped = [min(max(value - middle, -far), far) / far for value in values] if far > 0 else ranks
    return list(zip(_standardized(clipped), _standardized(ranks), strict=True))


def _standardized(raw: Sequence[float]) -> list[float]:
    mean, deviation = fmean(raw), pstdev(raw)
    return [(score - mean) / deviation for score in raw]


def _middle_ranks(values: Sequence[float]) -> list[float]:
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values)):
        places.setdefault(value, []).append(place)
    return [fmean((places[value][0], places[value][-1])) for value in values]


def strongest_split(values: Sequence[float]) -> tuple[int, ...] | None:
    """The first run of the new level, or that and the one with which the old one comes back. None
    when chance does as much."""
    n = len(values)
    if n < fewest_runs() or min(values) == max(values):
        return None
    given = _scores(values)
    for stretches, chance in ((_to_the_end(n), CHANCE_OF_STEP), (_within(n), CHANCE_OF_STRETCH)):
        if _p_value(given, stretches, chance) is not None:
            first, last = stretches[_Differences(stretches, n).where_largest(given)]
            return (first,) if last == n else (first, last)
    return None


@lru_cache(maxsize=1024)
def p_of_change(values: tuple[float, ...]) -> float | None:
    """Of a single change in these, which others enclose; None when it does not hold."""
    if min(values) == max(values):
        return None
    return _p_value(_scores(values), _to_the_end(len(values)), LENIENT)


@cache
def fewest_runs() -> int:
    """With fewer, no order of the runs is rare enough."""
    n = 2 * FEWEST
    while 2 / comb(n, n // 2) > CHANCE_OF_STEP:
        n += 1
    return n


def _to_the_end(n: int) -> list[tuple[int, int]]:
    return [(first, n) for first in range(FEWEST, n - FEWEST + 1)]


def _within(n: int) -> list[tuple[int, int]]:
    lengths: list[int] = []
    length = FEWEST
    while length <= n - 2 * FEWEST:
        lengths.append(length)
        length = max(length + 1, int(length * GROWTH))
    return [
        (first, first + each)
        for each in lengths
        for first in range(FEWEST, n - FEWEST - each + 1, max(1, each // OVERLAPPING))
    ]


class _Differences:
    """Standardized differences of stretches from the runs around them, up to a constant."""

    def __init__(self, stretches: Sequence[tuple[int, int]], n: int) -> None:
        several = [*stretches] * 2 if len(stretches) == 1 else stretches
        self._firsts = itemgetter(*(first for first, _ in several))
        self._lasts = itemgetter(*(last for _, last in several))
        self._weights = [1 / ((last - first) * (n - last + first)) for first, last in several]

    def of(self, scores: Sequence[float]) -> Iterator[float]:
        sums = [0.0, *accumulate(scores)]
        parts = [*map(sub, self._lasts(sums), self._firsts(sums))]
        return map(mul, map(mul, parts, parts), self._weights)

    def largest(self, given: Sequence[Scores]) -> float:
        """By either score."""
        return max(max(self.of(scores)) for scores in zip(*given, strict=True))

    def where_largest(self, given: Sequence[Scores]) -> int:
        both = [
            max(pair) for pair in zip(*(self.of(s) for s in zip(*given, strict=True)), strict=True)
        ]
        return both.index(max(both))


def _p_value(
    given: Sequence[Scores], stretches: Sequence[tuple[int, int]], chance: float
) -> float | None:
    """None as soon as it can't be `chance` any more."""
    differences = _Differences(stretches, len(given))
    observed = differences.largest(given) * (1 - 1e-9)
    most = round(chance * (DRAWS + 1)) - 1
    reached = 0
    for in_order in _orders(len(given)):
        reached += differences.largest(in_order(given)) >= observed
        if reached > most:
            return None
    return (reached + 1) / (DRAWS + 1)


def _orders(n: int) -> Iterator[itemgetter[int]]:
    """In which so many runs come, by chance; the same for each series of so many."""
    kept = _kept_orders(n)
    yield from kept.made
    while len(kept.made) < DRAWS:
        yield kept.another()


class _Orders:
    """Drawn only when they are asked for: most series need few."""

    def __init__(self, n: int) -> None:
        self.made: list[itemgetter[int]] = []
        self._random, self._places = Random(0), [*range(n)]

    def another(self) -> itemgetter[int]:
        self._random.shuffle(self._places)
        self.made.append(itemgetter(*self._places))
        return self.made[-1]


@lru_cache(maxsize=8)
def _kept_orders(n: int) -> _Orders:
    """Less than 2 MB each, since no series has more than a hundred runs."""
    return _Orders(n)
