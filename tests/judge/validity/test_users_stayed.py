from __future__ import annotations

from dataclasses import replace

import pytest
from made_run import MadeRun, light, planned

from jobload.judge.validity.users_stayed import users_stayed
from jobload.measure.figures import RunFigures
from jobload.plan.counted import counted


def played(left_in_ramp: int, left_in_hold: int, users: int = 10) -> RunFigures:
    made = MadeRun(workers=("w1",))
    made.play(light(users=users), planned())
    run = made.end()
    ramp, hold = run.scenarios[0].stages
    ramp.record.users_left, hold.record.users_left = left_in_ramp, left_in_hold
    return run


def test_nothing_is_said_where_all_stayed() -> None:
    assert users_stayed(played(0, 0)) == []


@pytest.mark.parametrize(("in_ramp", "in_hold"), [(0, 1), (1, 0), (10, 0)])
def test_more_than_a_twentieth_gone_is_another_load(in_ramp: int, in_hold: int) -> None:
    (check,) = users_stayed(played(in_ramp, in_hold))
    assert check.status == "FAIL"
    left = counted(in_ramp + in_hold, "user")
    assert check.actual == f"light/hold: {left} had ended by themselves, of 10 planned"
    assert "StopUser" in check.advice


def test_a_few_of_many_are_told() -> None:
    (check,) = users_stayed(played(0, 5, users=100))
    assert check.status == "WARN"
    assert "5 users had ended by themselves, of 100" in check.actual


def test_users_that_somebody_stopped_are_missed_by_whoever_it_was() -> None:
    run = played(0, 0)
    hold = run.scenarios[0].stages[1]
    assert users_stayed(run) == []
    hold.stage = replace(hold.stage, users_from=11, users_to=11)
    (check,) = users_stayed(run)
    assert check.status == "FAIL"
    assert check.actual == (
        "light/hold: in 23 of 23 seconds fewer users were there than the 11 planned, 10 at the"
        " fewest"
    )
    assert "stop_users()" in check.advice
