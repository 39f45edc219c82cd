from __future__ import annotations

from pathlib import Path

import pytest

from jobload.plan.flow.unused import unused
from jobload.plan.plan_file import load_plan_file

HEAD = "shape: ramp, users: 1, duration: 5s"
PEOPLE = "data: {people: {file: people.csv}}"


@pytest.fixture(autouse=True)
def _rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "people.csv").write_text("user\nann\n")
    monkeypatch.chdir(tmp_path)


def told(*scenarios: str, defaults: str = "") -> list[str]:
    lines = [f"defaults: {{{defaults}}}", "scenarios:"]
    lines += [f"  s{number}: {{{HEAD}, {each}}}" for number, each in enumerate(scenarios, start=1)]
    plan = load_plan_file("scenarios.yaml", "\n".join(lines))
    return [*unused(plan.scenarios.values())]


def test_a_source_that_no_text_names_is_told() -> None:
    assert told(f"{PEOPLE}, steps: [{{post: /a, json: {{user: '{{people.user}}'}}}}]") == [
        "s1: data.people: nothing takes it; leave it out, or write {{ people.COLUMN }} where it is"
        " meant"
    ]


def test_a_variable_that_no_text_names_is_told() -> None:
    assert told("variables: {region: eu, other: 1}, steps: [{get: '/a?r={{ region }}'}]") == [
        "s1: variables.other: nothing takes it; leave it out, or write {{ other }} where it is"
        " meant"
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            "completion_timeout: 1s",
            "completion_timeout: is of a JobFollower, and users_mix has none; a poll has its own"
            " timeout",
        ),
        (
            "payload_bytes: 9, payload: {file: a.jsonl}",
            "payload_bytes: is of the job payload, and payload is sent; give one",
        ),
        (
            "method: DELETE, payload_bytes: 9",
            "payload_bytes: DELETE sends no body; take it out, or write steps",
        ),
        ("retries: 0, retry: {status: 429}", "retry: says when to try again, and retries is 0;"),
        ("arrivals: poisson", "arrivals: are spaced where there is a rate; give one"),
    ],
)
def test_a_field_that_says_nothing_beside_the_others_is_told(fields: str, sentence: str) -> None:
    (said,) = told(fields)
    assert said.startswith(f"s1: {sentence}")


def test_a_default_that_says_something_to_one_scenario_is_not_told() -> None:
    limit = "operation_timeout: 1s"
    assert told("timeout: 5s", "steps: [{get: /a}]", defaults=limit) == []
    (said,) = told("timeout: 5s", defaults=limit)
    assert said == "s1: operation_timeout: is of steps; one request has timeout and retries"
    assert told("rate: 1", "timeout: 5s", defaults="arrivals: poisson") == []
    assert told("retries: 0, steps: [{get: /a, retries: 1}]", defaults="retry: {status: 429}") == []
    assert told("retry: {times: 0}") == []


def test_nothing_can_take_them_without_steps() -> None:
    said = told(f"{PEOPLE}, variables: {{region: eu}}")
    assert [each.split(": nothing")[0] for each in said] == [
        "s1: data.people",
        "s1: variables.region",
    ]


@pytest.mark.parametrize(
    "steps",
    [
        "[{get: '/{{ v }}'}]",
        "[{get: '{{ v }}'}]",
        "[{get: /a}, {get: /b, headers: {X: 'a {{ v }}'}}]",
        "[{post: /a, json: {a: [{b: '{{ v }}'}]}}]",
        "[{post: /a, form: {a: '{{ v }}'}}]",
        "[{post: /a, body: 'a {{ v }} b'}]",
        "[{get: /a, expect: {json: {$.a: '{{ v }}'}}}]",
        "[{get: /a, expect: {json: {$.a: [1, '{{ v }}']}}}]",
        "[{get: /a, expect: {headers: {x: '{{ v }}'}}}]",
        "[{get: /a, poll: {until: {$.a: '{{ v }}'}}}]",
        "[{get: /a, poll: {until: {$.a: 1}, fail: {$.a: '{{ v }}'}}}]",
    ],
)
def test_wherever_a_step_takes_it_nothing_is_told(steps: str) -> None:
    assert told(f"variables: {{v: 7}}, steps: {steps}") == []


def test_one_flow_of_several_is_enough() -> None:
    flows = "{a: {steps: [{get: /a}]}, b: {steps: [{get: '/{{ people.user }}'}]}}"
    assert told(f"{PEOPLE}, flows: {flows}") == []


def test_a_variable_may_take_a_source_or_another_variable() -> None:
    variables = "{who: '{{ people.user }}', mail: '{{ who }}@x.org'}"
    assert told(f"{PEOPLE}, variables: {variables}, steps: [{{get: '/{{{{ mail }}}}'}}]") == []


def test_what_scenarios_share_is_of_use_if_one_takes_it() -> None:
    takes, takes_not = "steps: [{get: '/{{ people.user }}'}]", "steps: [{get: /a}]"
    assert told(takes, takes_not, "endpoint: /b", defaults=PEOPLE) == []
    (sentence,) = told(takes_not, takes_not, defaults=PEOPLE)
    assert sentence.startswith("s1, s2: data.people: ")


def test_one_of_its_own_is_told_though_another_of_that_name_is_taken() -> None:
    takes, takes_not = "steps: [{get: '/{{ v }}'}]", "steps: [{get: /a}]"
    said = told(f"variables: {{v: 1}}, {takes}", f"variables: {{v: 2}}, {takes_not}")
    assert [each.partition(":")[0] for each in said] == ["s2"]


def test_of_what_other_users_take_nothing_is_known() -> None:
    assert (
        told(f"{PEOPLE}, users_mix: {{Mine: 1}}", "users_mix: {Mine: 1}, variables: {a: 1}") == []
    )


def test_a_capture_that_nothing_takes_is_a_check() -> None:
    assert told("steps: [{get: /a, capture: {id: $.id}}]") == []
