"""The Theil–Sen slope: the median of the slopes between all pairs of points, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import NormalDist, median

FEWEST_POINTS = 5
"""With fewer, no order of the values would be rare enough to exclude chance at 95 %."""


@dataclass(frozen=True, slots=True)
class Slope:
    """`low` and `high` bound the slope with the stated confidence (Sen, 1968)."""

    slope: float
    low: float
    high: float


def theil_sen(
    times: Sequence[float], values: Sequence[float], confidence: float = 0.95
) -> Slope | None:
    """None with too few points."""
    if len(set(times)) < FEWEST_POINTS:
        return None
    pairs = combinations(zip(times, values, strict=True), 2)
    slopes = sorted((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in pairs if x1 != x2)
    slope = median(slopes)
    margin = NormalDist().inv_cdf((1 + confidence) / 2) * sqrt(_variance(values))
    low = max(0, round((len(slopes) - margin) / 2) - 1)
    high = min(len(slopes) - 1, round((len(slopes) + margin) / 2))
    return Slope(slope, slopes[low], slopes[high])


def _variance(values: Sequence[float]) -> float:
    """Of Kendall's S, with the correction for equal values."""
    n = len(values)
    ties = [values.count(value) for value in set(values)]
    return (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
