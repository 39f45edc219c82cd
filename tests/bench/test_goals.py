import pytest

from bench.goals import Goal
from bench.summary import Spread


@pytest.mark.parametrize(
    ("at_least", "at_most", "median", "is_met"),
    [(7.0, None, 7.0, True), (7.0, None, 6.9, False), (None, 2.0, 2.0, True),
     (None, 2.0, 2.1, False)],
)  # fmt: skip
def test_a_goal_is_met_by_the_median(
    at_least: float | None, at_most: float | None, median: float, is_met: bool
) -> None:
    assert Goal("it", at_least, at_most, Spread(median, 0.0, 100.0)).is_met is is_met


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    assert Goal("it", 1.0, None, None).is_met is None
