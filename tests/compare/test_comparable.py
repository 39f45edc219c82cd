from __future__ import annotations

from typing import Any

import pytest
from made_past import CONFIGURATION, light_run, past_run, past_scenario, past_stage, spread
from made_result import full_result, result_of
from made_run import MadeRun, planned, stress

from jobload.compare.comparable import why_not_comparable
from jobload.compare.earlier_run import PastRun
from jobload.compare.result_file import past_run as as_past_run
from jobload.report.files.history_entry import history_entry

STAGE = past_stage(spread(20))


def scenario_run(**fields: Any) -> PastRun:
    return past_run(past_scenario(STAGE, **fields))


def reasons(*new: PastRun, **options: Any) -> str:
    return "\n".join(why_not_comparable([light_run(20), light_run(20)], new, **options))


def test_runs_of_the_same_kind_can_be_compared() -> None:
    assert reasons(light_run(30), light_run(40)) == ""


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (light_run(20, distrust="INVALID"), "is INVALID"),
        (light_run(20, workers=2), "number of workers: 1 and 2"),
        (scenario_run(name="medium"), "scenarios: light and medium"),
        (
            scenario_run(configuration=CONFIGURATION | {"users": 20}),
            "differ in light: users 10 and 20",
        ),
        (
            scenario_run(configuration=CONFIGURATION | {"seed": 3}),
            "differ in light: seed nothing and 3",
        ),
        (
            scenario_run(configuration=CONFIGURATION | {"client": "fasthttp"}),
            "differ in light: client jobload and fasthttp",
        ),
        (
            scenario_run(configuration=CONFIGURATION | {"users_mix": {"Buyer": 1}, "audit": True}),
            'differ in light: users_mix nothing and {"Buyer": 1}; audit nothing and true',
        ),
        (scenario_run(cut_off="error_rate 100 %"), "light ended early (error_rate 100 %)"),
        (past_run(past_scenario()), "no judged stage of light ran"),
        (past_run(), "no scenario ran"),
        (
            past_run(past_scenario(STAGE, past_stage([20], name="more"))),
            "stages of light that ran: hold and hold, more",
        ),
    ],
)
def test_what_differs_is_said_with_both_values(run: PastRun, says: str) -> None:
    found = reasons(run)
    assert says in found
    assert run.run_id in found


def test_runs_of_nothing_are_not_alike_but_nothing_to_compare() -> None:
    assert "no scenario ran" in "\n".join(why_not_comparable([past_run()], [past_run()]))


@pytest.mark.parametrize("status", ["PASS", "FAIL", "PROFILED"])
def test_a_valid_run_can_be_compared_whatever_its_verdict(status: str) -> None:
    run = as_past_run(full_result().model_copy(update={"status": status}))
    assert not why_not_comparable([run], [run])


def test_a_profile_that_was_not_made_as_planned_is_no_yardstick() -> None:
    """A late generator does it no harm, but its slow figures would let any later run pass."""
    (rule, *others) = full_result().validity
    late = [rule.model_copy(update={"id": "schedule-kept", "status": "FAIL"}), *others]
    result = full_result().model_copy(update={"status": "PROFILED", "validity": late})
    run = as_past_run(result)
    (sentence,) = why_not_comparable([run], [])
    assert "is PROFILED, but schedule-kept does not hold, so its figures can't" in sentence
    series: Any = history_entry(result)["series"]
    assert series[0]["left_out"] == "PROFILED, but schedule-kept does not hold"


@pytest.mark.parametrize(
    ("older", "newer", "is_same"),
    [
        ({}, {"proxy": None, "http2": False, "tags": []}, True),
        ({}, {"http2": True}, False),
        ({"expect": {"status": [200]}}, {"expect": {"status": [200], "size": None}}, True),
        ({"expect": {"status": [200]}}, {"expect": {"status": [200], "size": 9}}, False),
        ({"steps": [{"get": "/"}]}, {"steps": [{"get": "/", "post": None}]}, True),
        ({"steps": [{"json": {}}]}, {"steps": [{"json": {"a": None}}]}, False),
        ({"steps": [{"post": "/"}]}, {"steps": [{"post": "/", "json": {}}]}, False),
        ({"steps": [{"post": "/"}]}, {"steps": [{"post": "/", "form": {}}]}, False),
        ({"steps": [{"post": "/"}]}, {"steps": [{"post": "/", "body": ""}]}, False),
        ({"audit": None}, {"audit": False}, False),
    ],
    ids=str,
)
def test_fields_that_a_version_does_not_have_say_nothing(
    older: dict[str, Any], newer: dict[str, Any], is_same: bool
) -> None:
    before, now = (scenario_run(configuration=CONFIGURATION | more) for more in (older, newer))
    assert (why_not_comparable([before], [now]) == []) is is_same


def test_a_run_from_before_there_was_a_choice_of_clients_had_the_one_there_was() -> None:
    assert reasons(scenario_run(configuration=CONFIGURATION | {"client": "jobload"})) == ""


def test_known_versions_of_the_target_must_be_the_same() -> None:
    one, other = light_run(20, target_version="1.4"), light_run(20, target_version="1.5")
    (sentence,) = why_not_comparable([one], [other])
    assert "1.4 and 1.5" in sentence
    assert "--across-versions" in sentence
    assert not why_not_comparable([one], [other], across_versions=True)
    assert not why_not_comparable([one], [light_run(20, target_version="1.4")])


def test_a_version_that_is_not_known_can_not_be_said_to_differ() -> None:
    assert reasons(light_run(20, target_version="1.5")) == ""


def test_runs_of_one_side_must_be_alike_too() -> None:
    found = why_not_comparable([light_run(20), light_run(20, workers=4)], [light_run(20)])
    assert len(found) == 1


def test_a_run_given_twice_on_a_side_is_refused_and_on_both_sides_is_not() -> None:
    run = light_run(20)
    (sentence,) = why_not_comparable([run, run], [light_run(20)])
    assert "given twice" in sentence
    assert not why_not_comparable([run], [run])


def test_a_stress_scenario_that_broke_at_the_same_step_can_be_compared() -> None:
    made = MadeRun()
    made.play(stress(), planned(), only=["step-50"], ended_early="breaking point reached")
    broke, again = (as_past_run(result_of(made.end())) for _ in range(2))
    assert not why_not_comparable([broke], [again])


def test_all_reasons_are_given_at_once() -> None:
    found = reasons(light_run(20, distrust="INVALID", workers=2), scenario_run(name="heavy"))
    assert len(found.splitlines()) == 3
