"""The search against targets whose capacity is known."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from math import ceil, log, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobload.plan.shapes.capacity_search import (
    LONGEST_TIMES,
    MOST_SURPRISES,
    Probe,
    Search,
    middle,
    rate_text,
)

Target = Callable[[Probe], bool | None]
RATES = st.floats(0.01, 1_000_000)
PRECISIONS = st.floats(0.005, 1.0)


def searched(target: Target, start: float, highest: float, precision: float) -> Search:
    search = Search.begin(start, highest, precision)
    for _ in range(most_steps(start, highest, precision)):
        if search.probe is None:
            return search
        search = search.after(target(search.probe), "it did not")
    raise AssertionError(f"no end after {len(search.tried)} steps: {search}")


def most_steps(start: float, highest: float, precision: float) -> int:
    """Between two surprises the search climbs, narrows and asks thrice; each undecided step is
    tried again for twice and four times as long."""
    climbs = ceil(log2(highest / start)) + 1
    narrows = ceil(log(1 / precision, 1.5)) + 2
    return (MOST_SURPRISES + 1) * (climbs + narrows + 3) * (LONGEST_TIMES - 1) + 1


def course(search: Search) -> list[str]:
    marks = {True: "+", False: "-", None: "?"}
    return [
        f"{tried.probe.phase} {rate_text(tried.probe.rate)}{marks[tried.passed]}"
        for tried in search.tried
    ]


def takes(capacity: float) -> Target:
    return lambda probe: probe.rate <= capacity


def test_it_doubles_bisects_confirms_and_holds() -> None:
    search = searched(takes(330), 50, 1600, 0.1)
    assert course(search) == [
        "double 50+",
        "double 100+",
        "double 200+",
        "double 400-",
        "bisect 300+",
        "bisect 350-",
        "bisect 320+",
        "confirm 350-",
        "hold 320+",
    ]
    assert search.is_answered
    assert (search.last_passing, search.first_failing) == (320, 350)


def test_a_failing_step_is_followed_by_the_last_good_rate_before_it_is_tried_again() -> None:
    search = searched(takes(300), 50, 1600, 0.2)
    assert course(search)[-4:] == ["bisect 350-", "back 300+", "confirm 350-", "hold 300+"]


def test_a_target_that_takes_all_is_not_reached() -> None:
    search = searched(takes(1e9), 50, 300, 0.1)
    assert course(search) == [
        "double 50+",
        "double 100+",
        "double 200+",
        "double 300+",
        "hold 300+",
    ]
    assert search.is_answered
    assert (search.last_passing, search.first_failing) == (300, None)


def test_a_target_that_takes_not_even_the_first_rate_is_asked_twice() -> None:
    search = searched(takes(10), 50, 300, 0.1)
    assert course(search) == ["double 50-", "confirm 50-"]
    assert search.is_answered
    assert (search.last_passing, search.first_failing) == (None, 50)


def test_a_rate_that_failed_by_chance_does_not_end_the_search() -> None:
    """Cold at first: the third step fails, and never again."""
    tries = iter([True, True, False])
    search = searched(lambda probe: next(tries, probe.rate <= 900), 50, 1600, 0.5)
    assert course(search) == [
        "double 50+",
        "double 100+",
        "double 200-",
        "bisect 150+",
        "confirm 200+",
        "double 400+",
        "double 800+",
        "double 1600-",
        "bisect 1200-",
        "back 800+",
        "confirm 1200-",
        "hold 800+",
    ]


def test_a_rate_that_passes_a_step_but_does_not_hold_is_the_first_that_fails() -> None:
    """Steps pass up to 330/s, a hold up to 250/s."""
    search = searched(lambda p: p.rate <= (250 if p.phase == "hold" else 330), 50, 1600, 0.25)
    assert course(search)[-4:] == ["confirm 350-", "hold 300-", "bisect 250+", "hold 250+"]
    assert (search.last_passing, search.first_failing) == (250, 300)
    assert [t.stage for t in search.tried][-3:] == ["try-hold", "step-250", "hold"]


def test_a_target_that_does_not_get_up_again_is_found_out() -> None:
    """It takes 200/s until it is overloaded, and 60/s from then on."""
    broken = False

    def target(probe: Probe) -> bool:
        nonlocal broken
        broken = broken or probe.rate > 200
        return probe.rate <= (60 if broken else 200)

    search = searched(target, 50, 1600, 0.1)
    assert search.is_answered
    assert search.last_passing is not None
    assert 50 <= search.last_passing <= 60


def test_an_undecided_step_is_tried_for_longer() -> None:
    """100 samples are needed, and a step has half a second."""
    search = searched(lambda p: None if p.rate * p.times < 150 else True, 50, 200, 0.1)
    assert [(t.probe.rate, t.probe.times, t.passed) for t in search.tried] == [
        (50, 1, None),
        (50, 2, None),
        (50, 4, True),
        (100, 1, None),
        (100, 2, True),
        (200, 1, True),
        (200, 1, True),
    ]


def test_a_step_that_stays_undecided_ends_the_search_without_an_answer() -> None:
    search = searched(lambda probe: None, 50, 200, 0.1)
    assert [tried.probe.times for tried in search.tried] == [1, 2, 4]
    assert search.gave_up == "no answer at 50/s: it did not"
    assert not search.is_answered


def test_a_target_that_is_never_the_same_twice_has_no_capacity() -> None:
    answers = iter([True, False] + [True, True, False] * 99)
    search = searched(lambda probe: next(answers), 50, 100_000, 1.0)
    assert not search.is_answered
    assert "the target is not the same from step to step" in search.gave_up


def test_a_search_that_is_over_takes_no_more() -> None:
    search = searched(takes(10), 50, 300, 0.1)
    with pytest.raises(ValueError, match="the search is over"):
        search.after(True)


@given(RATES, RATES, PRECISIONS, st.floats(0.001, 2_000_000))
def test_the_interval_encloses_the_truth(
    one: float, other: float, precision: float, capacity: float
) -> None:
    start, highest = sorted((one, other))
    search = searched(takes(capacity), start, highest, precision)
    low, high = search.last_passing, search.first_failing
    assert search.is_answered
    assert search.surprises == 0
    if capacity < start:
        assert (low, high) == (None, start)
    elif capacity >= highest:
        assert (low, high) == (highest, None)
    else:
        assert low is not None
        assert high is not None
        assert low <= capacity < high
        assert high - low <= precision * low * (1 + 1e-6)
    fails = [t.probe.rate for t in search.tried if not t.passed]
    assert high is None or fails.count(high) >= 2
    assert low is None or search.tried[-1].probe == Probe("hold", low)


@given(RATES, RATES, PRECISIONS, st.floats(0.01, 1_000_000), st.floats(0, 1), st.integers(0, 2**32))
def test_a_noisy_target_ends_the_search_too(
    one: float, other: float, precision: float, capacity: float, noise: float, seed: int
) -> None:
    chance = random.Random(seed)
    start, highest = sorted((one, other))

    def target(probe: Probe) -> bool | None:
        if chance.random() < noise:
            return chance.choice([True, False, None])
        return probe.rate <= capacity

    search = searched(target, start, highest, precision)
    assert search.is_answered or search.gave_up
    apart = [*search.passing, *search.failing]
    assert all(lower < higher for lower, higher in pairwise(apart))
    names = [tried.stage for tried in search.tried]
    assert len(set(names)) == len(names)
    assert all(start <= tried.probe.rate <= highest for tried in search.tried)


@given(st.floats(0.01, 1_000_000), st.floats(0.005, 1.0))
def test_the_middle_lies_well_inside(low: float, share: float) -> None:
    high = low * (1 + share)
    assert low + (high - low) / 4 < middle(low, high) < high - (high - low) / 4


@pytest.mark.parametrize(
    ("rate", "text"), [(50.0, "50"), (187.5, "187.5"), (1e6, "1000000"), (0.05, "0.05")]
)
def test_rates_are_written_as_people_do(rate: float, text: str) -> None:
    assert rate_text(rate) == text
