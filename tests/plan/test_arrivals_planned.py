import pytest
from bodies import LIGHT

from jobload.plan.arrivals_planned import check_arrivals
from jobload.plan.problem import PlanError
from jobload.plan.scenario import load_scenario


def staged(rate: float | None, *, judged: bool = True) -> None:
    quiet = {"name": "quiet", "duration": "10s", "users": 1, "judged": judged}
    busy = {"name": "busy", "duration": "10s", "users": 1}
    rates = {} if rate is None else {"rate": rate}
    stages = [{**quiet, **rates}, {**busy, **({} if rate is None else {"rate": 5})}]
    check_arrivals(load_scenario({"name": "x", "shape": "staged", "stages": stages}))


def test_a_judged_stage_without_an_arrival_is_told() -> None:
    with pytest.raises(PlanError) as told:
        staged(0.04)
    assert str(told.value).startswith("x: stage quiet: plans 0.4 arrivals, so there is nothing")


def test_what_plans_one_or_is_not_judged_or_has_no_rate_is_fine() -> None:
    staged(0.06)
    staged(0.04, judged=False)
    staged(None)
    check_arrivals(load_scenario(LIGHT))
