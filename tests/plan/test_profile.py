from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobload.plan.profile import (
    mean_users,
    next_change_s,
    planned_arrivals,
    stage_at,
    starts_s,
    total_s,
    users_at,
    users_until_change,
)
from jobload.plan.stage import Stage

RAMP = Stage("ramp-up", 5.0, 0, 10, 5.0, judged=False)
HOLD = Stage("hold", 25.0, 10, 10, 5.0, judged=True)
DOWN = Stage("down", 10.0, 10, 4, 5.0, judged=False)
STAGES = (RAMP, HOLD, DOWN)


@pytest.mark.parametrize(
    ("when", "elapsed_s", "index"),
    [
        ("before the start", -1.0, 0),
        ("at the start", 0.0, 0),
        ("just before the first boundary", 4.999, 0),
        ("at the first boundary", 5.0, 1),
        ("just before the second boundary", 29.999, 1),
        ("at the second boundary", 30.0, 2),
        ("just before the end", 39.999, 2),
        ("at the end", 40.0, 3),
        ("long after the end", 1e9, 3),
    ],
)
def test_a_boundary_belongs_to_the_stage_that_begins_there(
    when: str, elapsed_s: float, index: int
) -> None:
    assert stage_at(STAGES, elapsed_s) == index, when


@pytest.mark.parametrize(
    ("when", "elapsed_s", "users"),
    [
        ("before the start", -1.0, 0.0),
        ("at the start", 0.0, 0.0),
        ("in the middle of the ramp", 2.5, 5.0),
        ("at the end of the ramp", 5.0, 10.0),
        ("in the hold", 17.0, 10.0),
        ("where the ramp down begins", 30.0, 10.0),
        ("in the middle of the ramp down", 35.0, 7.0),
        ("when all is over", 40.0, 0.0),
    ],
)
def test_users_follow_the_stages(when: str, elapsed_s: float, users: float) -> None:
    assert users_at(STAGES, elapsed_s) == users, when


@pytest.mark.parametrize(
    ("stretch", "from_s", "to_s", "users"),
    [
        ("the whole ramp", 0.0, 5.0, 5.0),
        ("half of the ramp", 0.0, 2.5, 2.5),
        ("the hold", 5.0, 30.0, 10.0),
        ("half of the ramp and as much of the hold", 2.5, 7.5, 8.75),
        ("the end and as much after it", 30.0, 50.0, 3.5),
        ("no time at all", 2.5, 2.5, 5.0),
    ],
)
def test_mean_users_is_the_mean_over_time(
    stretch: str, from_s: float, to_s: float, users: float
) -> None:
    assert mean_users(STAGES, from_s, to_s) == pytest.approx(users), stretch


@pytest.mark.parametrize(
    ("stage", "arrivals"), [(RAMP, 125.0), (HOLD, 1250.0), (DOWN, 350.0)], ids=lambda s: str(s)
)
def test_planned_arrivals_are_users_times_rate_times_time(stage: Stage, arrivals: float) -> None:
    assert planned_arrivals(stage) == pytest.approx(arrivals)


def test_a_closed_model_plans_no_arrivals() -> None:
    assert planned_arrivals(Stage("hold", 25.0, 10, 10, None, judged=True)) is None


def test_the_starts_of_the_stages_end_with_the_end_of_the_scenario() -> None:
    assert starts_s(STAGES) == [0.0, 5.0, 30.0, 40.0]
    assert total_s(STAGES) == 40.0


users = st.integers(min_value=0, max_value=1000)
durations = st.floats(min_value=0.01, max_value=1000)
rates = st.floats(min_value=0.001, max_value=100)
stages = st.builds(Stage, st.just("stage"), durations, users, users, rates, st.booleans())


@given(stages)
def test_the_integral_of_users_times_rate_is_the_planned_arrivals(stage: Stage) -> None:
    slices = 200
    edges = [stage.duration_s * index / slices for index in range(slices + 1)]
    middles = [(left + right) / 2 for left, right in pairwise(edges)]
    user_seconds = sum(users_at([stage], middle) for middle in middles) * stage.duration_s / slices
    assert stage.rate_per_user is not None
    assert planned_arrivals(stage) == pytest.approx(user_seconds * stage.rate_per_user, abs=1e-6)


@given(stages, st.floats(min_value=0, max_value=1), st.floats(min_value=0, max_value=1))
def test_a_ramp_only_ever_goes_towards_its_end(stage: Stage, one: float, other: float) -> None:
    early, late = sorted((one * stage.duration_s * 0.999, other * stage.duration_s * 0.999))
    before, after = users_at([stage], early), users_at([stage], late)
    if stage.users_to >= stage.users_from:
        assert stage.users_from <= before <= after + 1e-9 <= stage.users_to + 1e-6
    else:
        assert stage.users_from >= before >= after - 1e-9 >= stage.users_to - 1e-6


@given(st.lists(st.tuples(durations, users), min_size=2, max_size=6))
def test_users_are_continuous_where_one_ramp_ends_and_the_next_begins(
    legs: list[tuple[float, int]],
) -> None:
    starts = [0, *(target for _, target in legs)]
    ramps = [
        Stage(f"leg-{index}", duration_s, starts[index], target, 1.0, judged=False)
        for index, (duration_s, target) in enumerate(legs)
    ]
    for boundary, (_, target) in zip(starts_s(ramps)[1:-1], legs, strict=False):
        assert users_at(ramps, boundary) == pytest.approx(target)
        assert users_at(ramps, boundary * (1 - 1e-12)) == pytest.approx(target, abs=1e-3)


@given(st.lists(stages, min_size=1, max_size=5), st.floats(min_value=0, max_value=1))
def test_the_mean_over_a_scenario_is_the_mean_of_its_parts_weighted_by_time(
    plan: list[Stage], share: float
) -> None:
    end_s = total_s(plan)
    cut_s = end_s * share
    parts = mean_users(plan, 0, cut_s) * cut_s + mean_users(plan, cut_s, end_s) * (end_s - cut_s)
    assert mean_users(plan, 0, end_s) * end_s == pytest.approx(parts, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("elapsed_s", "next_s"),
    [(0.0, 1.0), (0.999, 1.0), (1.0, 2.0), (1.5, 2.0), (2.0, 2.5), (2.5, 3.0), (9.0, 10.0)],
)
def test_users_change_on_whole_seconds_and_where_a_stage_ends(
    elapsed_s: float, next_s: float
) -> None:
    stages = (Stage("baseline", 2.5, 10, 10, 4.0, True), Stage("ramp-up", 2.0, 10, 50, 4.0, False))
    assert next_change_s(stages, elapsed_s) == next_s


def test_the_users_of_a_second_are_those_of_its_middle_where_a_ramp_begins() -> None:
    """The spike of the reference plan: 10 users until second 5, then up to 50 in two seconds."""
    stages = (Stage("baseline", 5.0, 10, 10, 4.0, True), Stage("ramp-up", 2.0, 10, 50, 4.0, False))
    assert [users_until_change(stages, at_s) for at_s in (4.0, 5.0, 6.0)] == [10, 20, 40]


@given(st.lists(st.builds(Stage, st.just("stage"), st.floats(0.01, 60), users, users, rates)))
def test_a_plan_in_steps_has_the_area_of_the_plan(plan: list[Stage]) -> None:
    at_s, area = 0.0, 0.0
    while at_s < total_s(plan):
        next_s = next_change_s(plan, at_s)
        area += users_until_change(plan, at_s) * (next_s - at_s)
        at_s = next_s
    whole = mean_users(plan, 0, total_s(plan)) * total_s(plan)
    assert area == pytest.approx(whole, rel=1e-6, abs=1e-6)
