"""The slope and its interval, against SciPy's."""

from __future__ import annotations

import random

import pytest

from jobload.judge.answers.theil_sen import theil_sen


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("different_values", [3, 6, 1000])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_slope_and_interval_are_those_of_scipy(
    seed: int, different_values: int, confidence: float
) -> None:
    from scipy import stats  # a second, which no other test shall wait for

    chance = random.Random(seed)
    times = [float(at) for at in range(chance.choice([5, 6, 8, 13, 30, 90]))]
    values = [at // 4 + chance.randrange(different_values) for at in times]
    found = theil_sen(times, values, confidence)
    expected = stats.theilslopes(values, times, alpha=confidence)
    assert found is not None
    assert (found.slope, found.low, found.high) == pytest.approx(
        (expected.slope, expected.low_slope, expected.high_slope)
    )


def test_what_few_points_can_say_is_no_more_than_all_their_slopes() -> None:
    found = theil_sen([1, 2, 3, 4, 5], [1, 2, 4, 8, 16], confidence=0.999)
    assert found is not None
    assert (found.low, found.high) == (1, 8)


def test_four_points_are_too_few() -> None:
    assert theil_sen([1, 2, 3, 4, 4], [1, 2, 3, 4, 5]) is None
