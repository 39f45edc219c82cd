"""The capacity scenario: its fields, and the stages of each try."""

from typing import Any

import pytest
from pydantic import ValidationError

from jobload.plan.plan_file import load_plan_file
from jobload.plan.problem import PlanError
from jobload.plan.scenario import load_scenario
from jobload.plan.selection import resolve
from jobload.plan.shapes.capacity import Capacity

BODY: dict[str, Any] = {
    "name": "limit",
    "shape": "capacity",
    "users": 100,
    "start_rate": 50,
    "max_rate": 200,
    "timeout": "10s",
}


def capacity(**fields: Any) -> Capacity:
    scenario = load_scenario(BODY | fields)
    assert isinstance(scenario, Capacity)
    return scenario


def test_what_is_left_out_has_a_value() -> None:
    scenario = capacity()
    found = (scenario.step_s, scenario.settle_s, scenario.precision, scenario.hold_s)
    assert found == (10.0, 2.0, 0.1, 30.0)


@pytest.mark.parametrize(
    ("written", "share"), [("10%", 0.1), ("2.5 %", 0.025), (0.07, 0.07), (1, 1.0), ("0.5%", 0.005)]
)
def test_the_precision_is_a_share(written: object, share: float) -> None:
    scenario = capacity(precision=written)
    assert scenario.precision == share
    assert load_scenario(scenario.dump()) == scenario


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"precision": "10"}, "expected a share such as 10% or 0.1, not '10'"),
        ({"precision": True}, "expected a share such as 10%"),
        ({"precision": "0.1%"}, "expected a share from 0.5% to 100%"),
        ({"precision": 2}, "expected a share from 0.5% to 100%"),
        ({"settle": "10s"}, "10s leaves nothing of the step of 10s, which includes it"),
        ({"max_rate": 40}, "40 is lower than the start_rate, 50"),
        ({"rate": 50}, "Extra inputs are not permitted"),
        ({"start_rate": 0}, "greater than 0"),
    ],
)
def test_an_impossible_search_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        capacity(**change)


def test_each_try_settles_counts_and_drains() -> None:
    scenario = capacity()
    search = scenario.search()
    found = [
        (s.name, s.duration_s, s.users_from, s.users_to, s.rate, s.judged)
        for s in scenario.stages_of(search)
    ]
    assert found == [
        ("settle-50", 2.0, 100, 100, 50.0, False),
        ("step-50", 8.0, 100, 100, 50.0, False),
        ("drain-50", pytest.approx(45.7), 100, 100, 0.0, False),
    ]


def test_a_rate_that_is_tried_again_has_stages_of_its_own() -> None:
    scenario = capacity()
    again = scenario.search().after(passed=False)
    assert [s.name for s in scenario.stages_of(again)] == ["settle-50-2", "step-50-2", "drain-50-2"]


def test_an_undecided_try_is_longer() -> None:
    scenario = capacity(settle="0s")
    longer = scenario.search().after(None)
    assert [s.duration_s for s in scenario.stages_of(longer)] == [20.0, pytest.approx(45.7)]


def test_only_the_hold_is_judged() -> None:
    stages = capacity().stages()
    assert [s.name for s in stages if s.judged] == ["hold"]
    assert [s.rate for s in stages[1::2]] == [50, 100, 200, 200]
    assert stages[-1].duration_s == 30.0


def test_the_highest_rate_is_the_one_it_may_go_to() -> None:
    assert capacity().rate == 200


def test_it_cannot_do_without_a_rate() -> None:
    fields = ", ".join(f"{key}: {value}" for key, value in BODY.items() if key != "name")
    plan_file = load_plan_file("s.yaml", f"scenarios:\n  limit: {{{fields}}}\n")
    with pytest.raises(PlanError, match="--no-rate: limit searches for a rate"):
        resolve(plan_file, scenario="limit", no_rate=True)
