"""Where a level changed, and that nothing is found where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from made_history import noisy, step

from jobload.compare.history.change_points import change_points
from jobload.compare.history.strongest_split import fewest_runs


def found(values: list[float], least: float = 0.0) -> list[int]:
    return [change.index for change in change_points(tuple(values), least)]


def near(indices: list[int], *wanted: int) -> bool:
    pairs = zip(indices, wanted, strict=False)
    return len(indices) == len(wanted) and all(abs(one - other) <= 1 for one, other in pairs)


@pytest.mark.parametrize("at", [4, 12, 20, 30, 36])
def test_a_step_is_found_at_its_run_near_the_ends_too(at: int) -> None:
    (change,) = change_points(tuple(noisy(step(at, high=22.0))))
    assert abs(change.index - at) <= 1
    assert change.earliest <= at <= change.latest
    assert (change.before, change.after) == pytest.approx((20.0, 22.0), rel=0.02)
    assert change.p_value <= 0.005


def test_three_runs_of_another_level_are_enough_and_two_are_not() -> None:
    assert found(noisy(step(37, high=30.0))) == [37]
    assert found(noisy(step(38, high=30.0))) == []


@pytest.mark.parametrize("at", [0, 1, 20, 38, 39])
@pytest.mark.parametrize("factor", [0.01, 3.0, 1000.0])
def test_one_outlier_is_no_change(at: int, factor: float) -> None:
    values = noisy([20.0] * 40)
    values[at] *= factor
    assert found(values) == []


def test_a_step_is_found_beside_outliers() -> None:
    values = noisy(step(20, high=22.0))
    for at in (5, 14, 33):
        values[at] *= 4
    assert near(found(values), 20)


def test_a_level_that_comes_back_is_two_changes() -> None:
    assert near(found(noisy([20.0] * 16 + [23.0] * 8 + [20.0] * 16)), 16, 24)


def test_each_of_several_steps_is_found() -> None:
    levels = [20.0] * 15 + [23.0] * 15 + [27.0] * 15 + [20.0] * 15
    assert near(found(noisy(levels)), 15, 30, 45)


def test_errors_that_begin_and_end_are_found_among_zeros() -> None:
    rates = [0.0] * 12 + [0.4, 0.6, 0.5, 0.4, 0.5, 0.7] + [0.0] * 22
    assert found(rates) == [12, 18]


@pytest.mark.parametrize(
    "values",
    [
        [],
        [1.0],
        [0.0] * 40,
        [5.0] * 40,
        [0.0] * 39 + [30.0],
        [0.0, 0.0, 30.0] + [0.0] * 30,
        [1.0, 2.0] * 20,
        [1e12, 0.0] * 20,
        [5e-324, 0.0, 1e12] * 13,
    ],
    ids=str,
)
def test_where_nothing_changes_nothing_is_found(values: list[float]) -> None:
    assert found(values) == []


def test_too_few_runs_are_never_a_change() -> None:
    assert found([1.0] * 5 + [9.0] * (fewest_runs() - 6)) == []
    assert found([1.0, 1.1] * 3 + [9.0, 9.1] * 3) == [6]


def test_a_change_smaller_than_asked_for_is_not_told() -> None:
    values = noisy(step(20, high=21.0), noise=0.001)
    assert found(values, least=0.5) == [20]
    assert found(values, least=1.5) == []


def test_the_place_of_an_unclear_step_is_told_as_unclear() -> None:
    clear, unclear = (
        change_points(tuple(noisy(step(20), noise=noise, seed=3)))[0] for noise in (0.005, 0.06)
    )
    assert clear.earliest == clear.latest == 20
    assert unclear.latest - unclear.earliest >= 2


NOISES: dict[str, Callable[[Random], float]] = {
    "normal": lambda random: random.gauss(20, 0.6),
    "skewed": lambda random: random.lognormvariate(3, 0.5),
    "outliers": lambda random: (
        20 * (random.choice((0.5, 3)) if random.random() < 0.1 else 1.0) + random.random()
    ),
    "two modes": lambda random: (20 if random.random() < 0.7 else 26) + random.random(),
    "rarely more than nothing": lambda random: 1.0 if random.random() < 0.1 else 0.0,
}


@pytest.mark.slow
@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
def test_whatever_the_noise_there_is_hardly_a_false_alarm(noise: Callable[[Random], float]) -> None:
    alarms = 0
    for seed in range(150):
        random = Random(seed)
        alarms += bool(found([noise(random) for _ in range(40)]))
    assert alarms <= 2
