"""Arrivals are exact under any change of the rate; hypothesis chooses the changes."""

from __future__ import annotations

from itertools import pairwise
from math import inf
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobload.load.pacing.arrivals import NEVER, Arrivals


def until(arrivals: Arrivals, end_s: float) -> list[float]:
    """Takes what is due by then."""
    taken = []
    while arrivals.due_s <= end_s:
        taken.append(arrivals.take())
    return taken


def constant(
    rate: float, seconds: float, kind: Literal["even", "poisson"] = "even", seed: int = 0,
    process: int = 0,
) -> list[float]:  # fmt: skip
    arrivals = Arrivals(kind, seed, process)
    arrivals.set_rate(rate, 0.0)
    return until(arrivals, seconds)


changes = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 1.0, 7.3, 200.0]) | st.floats(0.001, 300), st.floats(0, 3)
    ),
    max_size=20,
)


@given(changes, st.integers(0, 50), st.floats(0, 100), st.floats(0, 60))
def test_in_any_interval_there_are_as_many_arrivals_as_the_integral_of_the_rate(
    steps: list[tuple[float, float]], process: int, from_s: float, length_s: float
) -> None:
    arrivals = Arrivals("even", 0, process)
    now_s = 0.0
    taken: list[float] = []
    integral = 0.0
    for rate, seconds in steps:
        arrivals.set_rate(rate, now_s)
        end_s = now_s + seconds
        inside_s = max(0.0, min(end_s, from_s + length_s) - max(now_s, from_s))
        integral += rate * inside_s
        now_s = end_s
        taken += until(arrivals, now_s)
    within = sum(from_s <= at <= from_s + length_s for at in taken)
    assert abs(within - integral) < 1 + 1e-6


@given(changes, st.sampled_from(["even", "poisson"]), st.integers(0, 5))
def test_intended_starts_rise(
    steps: list[tuple[float, float]], kind: Literal["even", "poisson"], process: int
) -> None:
    arrivals = Arrivals(kind, 1, process)
    now_s = 0.0
    taken: list[float] = []
    for rate, seconds in steps:
        arrivals.set_rate(rate, now_s)
        now_s += seconds
        taken += until(arrivals, now_s)
        assert arrivals.due_s >= now_s
    assert all(earlier < later for earlier, later in pairwise(taken))


@pytest.mark.parametrize("rate", [50, 200, 500, 2_000])
def test_a_constant_rate_is_even_to_the_hundred_milliseconds(rate: int) -> None:
    taken = constant(rate, 60.0)
    assert len(taken) == rate * 60
    per_100_ms = [0] * 600
    for at in taken:
        per_100_ms[int(at * 10)] += 1
    assert set(per_100_ms) == {rate // 10}


def test_an_hour_at_two_hundred_a_second_drifts_by_microseconds() -> None:
    arrivals = Arrivals("even", 0, 0)
    arrivals.set_rate(200.0, 1_000_000.0)
    taken = until(arrivals, 1_003_600.0)
    assert len(taken) == 720_000
    assert taken[-1] - taken[0] == pytest.approx(719_999 / 200, abs=1e-5)


def test_users_that_start_one_by_one_bring_their_share_at_once() -> None:
    """The rate changes each 0.1 s, long before an arrival is due at the rate of one user."""
    arrivals = Arrivals("even", 0, 0)
    taken = []
    for users in range(1, 11):
        arrivals.set_rate(1.0 * users, (users - 1) * 0.1)
        taken += until(arrivals, min(users * 0.1, 0.95))
    assert len(taken) == 5


def test_a_rate_of_zero_plans_nothing_and_forgets_nothing() -> None:
    arrivals = Arrivals("even", 0, 0)
    arrivals.set_rate(1.0, 0.0)
    arrivals.set_rate(0.0, 0.4)
    assert arrivals.due_s == NEVER == inf
    arrivals.set_rate(0.0, 50.0)
    arrivals.set_rate(1.0, 100.0)
    assert arrivals.due_s == pytest.approx(100.1)


def test_a_new_object_plans_nothing() -> None:
    assert Arrivals("even", 0, 0).due_s == NEVER


def test_processes_share_the_second_between_them_instead_of_firing_together() -> None:
    first = sorted(constant(1.0, 1.0, process=process)[0] for process in range(8))
    gaps = [later - earlier for earlier, later in pairwise(first)]
    assert min(gaps) > 0.02


@pytest.mark.parametrize("process", range(3))
def test_poisson_arrivals_have_exponential_gaps(process: int) -> None:
    from scipy import stats  # a second, which no other test shall wait for

    taken = constant(200.0, 60.0, "poisson", seed=42, process=process)
    gaps = [later - earlier for earlier, later in zip([0.0, *taken], taken, strict=False)]
    assert stats.kstest(gaps, "expon", args=(0, 1 / 200)).pvalue > 0.01
    assert len(taken) == pytest.approx(12_000, abs=4 * 12_000**0.5)


def test_poisson_arrivals_of_the_whole_stay_poisson_when_the_rate_follows_a_ramp() -> None:
    """In operational time, the integral of the rate, they are still exponential draws of mean 1."""
    from scipy import stats  # a second, which no other test shall wait for

    arrivals = Arrivals("poisson", 42, 0)
    phases, phase = [], 0.0
    for tenth in range(1, 601):
        start_s, rate = (tenth - 1) / 10, float(tenth)
        arrivals.set_rate(rate, start_s)
        phases += [phase + (at - start_s) * rate for at in until(arrivals, tenth / 10)]
        phase += rate / 10
    gaps = [later - earlier for earlier, later in zip([0.0, *phases], phases, strict=False)]
    assert stats.kstest(gaps, "expon").pvalue > 0.01


def test_poisson_arrivals_are_the_same_again_for_the_same_seed_and_process() -> None:
    assert constant(200.0, 5.0, "poisson", 7, 1) == constant(200.0, 5.0, "poisson", 7, 1)


def test_poisson_arrivals_differ_between_seeds_and_between_processes() -> None:
    streams = {
        tuple(constant(200.0, 1.0, "poisson", seed, process)[:10])
        for seed in range(4)
        for process in range(4)
    }
    assert len(streams) == 16
