from __future__ import annotations

from dataclasses import replace

import pytest
from made_run import MadeRun, light, planned

from jobload.judge.validity.users_stayed import users_stayed
from jobload.measure.figures import RunFigures
from jobload.plan.counted import counted


def played(left_in_ramp: int, left_in_hold: int) -> RunFigures:
    made = MadeRun(workers=("w1",))
    made.play(light(), planned())
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
    run = played(0, 5)
    hold = run.scenarios[0].stages[1]
    hold.stage = replace(hold.stage, users_from=100, users_to=100)
    (check,) = users_stayed(run)
    assert check.status == "WARN"
    assert "5 users had ended by themselves, of 100" in check.actual
