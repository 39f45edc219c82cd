"""Variables of the environment that a scenario's steps name."""

from __future__ import annotations

import pytest

from jobload.plan.flow.environment import check_environment, secrets_of
from jobload.plan.plan_file import load_plan_file
from jobload.plan.problem import PlanError
from jobload.plan.scenario_fields import Scenario

HEAD = "shape: ramp, users: 1, duration: 5s"
STEP = "{post: /a, headers: {X-Key: '${KEY}'}, json: {region: '${REGION}'}}"
WITH_STEPS = f"variables: {{home: '${{HOME_ID}}'}}, steps: [{{get: /}}, {STEP}]"
WITH_FLOWS = f"flows: {{browse: {{steps: [{STEP}]}}}}"


def scenario(text: str) -> Scenario:
    plan = load_plan_file("scenarios.yaml", f"scenarios: {{s: {{{HEAD}, {text}}}}}")
    return plan.scenarios["s"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (WITH_STEPS, {"variables.home", "steps[1].headers.X-Key", "steps[1].json.region"}),
        (WITH_FLOWS, {"flows.browse.steps[0].headers.X-Key", "flows.browse.steps[0].json.region"}),
    ],
    ids=["steps", "flows"],
)
def test_each_one_that_is_missing_is_told_with_its_place(text: str, places: set[str]) -> None:
    with pytest.raises(PlanError) as refused:
        check_environment(scenario(text), {})
    assert {problem.key for problem in refused.value.errors} == places


def test_one_that_is_there_is_not_told_and_one_that_is_empty_is() -> None:
    environ = {"HOME_ID": "7", "KEY": "secret", "REGION": ""}
    with pytest.raises(PlanError) as refused:
        check_environment(scenario(WITH_STEPS), environ)
    assert {problem.key for problem in refused.value.errors} == {"steps[1].json.region"}
    check_environment(scenario(WITH_STEPS), environ | {"REGION": "eu"})


@pytest.mark.parametrize(
    ("key", "region", "places"),
    [
        ("a\r\nX-Other: b", "eu", {"steps[1].headers.X-Key"}),
        ("Schlüssel", "süd\n", {"steps[1].headers.X-Key"}),
        ("a ", "eu", {"steps[1].headers.X-Key"}),
        ("a", "\udcff", {"steps[1].json.region"}),
    ],
)
def test_one_that_can_not_be_sent_where_it_stands_is_told_and_not_shown(
    key: str, region: str, places: set[str]
) -> None:
    with pytest.raises(PlanError) as refused:
        check_environment(scenario(WITH_STEPS), {"HOME_ID": "7", "KEY": key, "REGION": region})
    assert {problem.key for problem in refused.value.errors} == places
    assert "Other" not in str(refused.value)
    assert "Schl" not in str(refused.value)


def test_a_blank_beside_what_is_filled_in_is_no_end_of_a_header() -> None:
    steps = "variables: {v: 1}, steps: [{get: /, headers: {X: '{{ v }} ${KEY} {{ v }}'}}]"
    check_environment(scenario(steps), {"KEY": "k"})


def test_all_of_them_are_secrets_and_so_is_a_header_whose_name_says_so() -> None:
    steps = "steps: [{get: /, headers: {Authorization: Bearer abc, X-Kind: plain}}, " + STEP + "]"
    found = secrets_of(scenario(steps), {"KEY": "k-1", "REGION": "eu", "OTHER": "x"})
    assert {"k-1", "eu", "abc"} <= found
    assert not found & {"plain", "x", ""}
