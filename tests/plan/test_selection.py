from typing import Any

import pytest

from jobload.plan.plan_file import PlanFile, load_plan_file
from jobload.plan.problem import PlanError
from jobload.plan.scenario import Scenario
from jobload.plan.selection import resolve

TEXT = """\
scenarios:
  light: {shape: ramp, users: 10, ramp_up: 5s, duration: 30s, rate: 50}
  spike:
    shape: spike
    users: 50
    rate: 200
    duration: 30s
    baseline: {users: 10, rate: 40, duration: 5s}
    recovery: 8s
  stress: {shape: step_stress, users: [5, 10], step: 20s, rate_per_user: 3}
suites:
  small: [light, spike]
  all: [light, spike, stress]
"""


@pytest.fixture(scope="module")
def plan() -> PlanFile:
    return load_plan_file("plan.yaml", TEXT)


def names(scenarios: list[Scenario]) -> list[str]:
    return [scenario.name for scenario in scenarios]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["light"]),
        ({"scenario": None, "suite": ""}, ["light"]),
        ({"scenario": "spike"}, ["spike"]),
        ({"scenario": " Spike "}, ["spike"]),
        ({"suite": " SMALL "}, ["light", "spike"]),
        ({"suite": "small", "repeat": 2}, ["light", "spike", "light", "spike"]),
        ({"scenario": "adhoc"}, ["adhoc"]),
    ],
    ids=str,
)
def test_the_options_choose_what_runs(
    plan: PlanFile, options: dict[str, Any], expected: list[str]
) -> None:
    assert names(resolve(plan, **options)) == expected


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            {"scenario": "spikes"},
            "--scenario spikes: no scenario is called 'spikes'; expected light, spike, stress or"
            " adhoc; did you mean spike?",
        ),
        (
            {"suite": "nosuch"},
            "--suite nosuch: no suite is called 'nosuch'; expected small or all",
        ),
        (
            {"scenario": "light", "suite": "small"},
            "--scenario light --suite small: give one of the two, not both",
        ),
        ({"repeat": 0}, "--repeat 0: expected a number from 1 to 1000"),
        (
            {"overrides": ["duration=abc"]},
            "--set duration=abc: light.duration: expected a duration such as 30s, 1m30s or 500ms,"
            " not 'abc'",
        ),
        (
            {"overrides": ["duration=30"]},
            "--set duration=30: light.duration: 30 has no unit; write 30s for seconds (or ms, m, h,"
            " as in 500ms, 1m30s)",
        ),
        (
            {"overrides": ["users='5'"]},
            "--set users='5': light.users: expected a whole number, not '5'; take off the quotes",
        ),
        (
            {"overrides": ["rate=.nan"]},
            "--set rate=.nan: .nan is no figure; expected a finite number",
        ),
        ({"overrides": ["rate="]}, "--set rate=: is empty"),
        ({"overrides": ["rate=*a"]}, "--set rate=*a: aliases are refused; write out what *a means"),
        (
            {"overrides": ["duration"]},
            "--set duration: expected key=value, as in duration=10s or baseline.users=5",
        ),
        ({"overrides": ["rat=5"]}, "--set rat=5: light.rat: unknown key; did you mean rate?"),
        (
            {"overrides": ["shape=spike"]},
            "--set shape=spike: the shape of a scenario can't be changed",
        ),
        ({"overrides": ["name=x"]}, "--set name=x: the name of a scenario can't be changed"),
        (
            {"overrides": ["users.x=4"]},
            "--set users.x=4: light.users.x: users has no keys of its own",
        ),
        (
            {"overrides": ["seed=1", "duration=4s"]},
            "--set seed=1 --set duration=4s: light.ramp_up: the ramp of 5s leaves nothing of the"
            " duration of 4s, which includes it",
        ),
        (
            {"overrides": ["client=fasthttp"]},
            "--set client=fasthttp: light.client: unknown key; expected shape, method, endpoint,"
            " headers, timeout, retries, retry, arrivals, seed, users_mix, tls, ready, payload,"
            " payload_bytes, data, expect, completion_timeout, audit, variables, steps, flows,"
            " operation_timeout, users, ramp_up, duration or rate",
        ),
        (
            {"overrides": ["users_mix.Nobody=1"], "known_users": ["JobSubmitter"]},
            "--set users_mix.Nobody=1: light.users_mix.Nobody: no user class is called 'Nobody';"
            " expected JobSubmitter",
        ),
        (
            {"overrides": ["headers.Authorization=12345"]},
            "--set headers.Authorization=…: light.headers.Authorization: expected text; put it in"
            " quotes",
        ),
        (
            {"overrides": ["headers.Authorization s3cr3t"]},
            "--set headers…: expected key=value, as in duration=10s or baseline.users=5",
        ),
    ],
    ids=str,
)
def test_a_wrong_option_is_named_with_what_was_expected(
    plan: PlanFile, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(PlanError) as refused:
        resolve(plan, **options)
    assert str(refused.value) == problem


def test_a_contradiction_is_laid_at_the_door_of_the_option_that_made_it(plan: PlanFile) -> None:
    with pytest.raises(PlanError) as refused:
        resolve(plan, scenario="spike", overrides=["users=5", "seed=1"])
    assert [error.file for error in refused.value.errors] == ["--set users=5"]


def test_a_key_that_one_of_the_scenarios_lacks_is_an_error_that_names_it(plan: PlanFile) -> None:
    with pytest.raises(PlanError) as refused:
        resolve(plan, suite="all", overrides=["duration=20s"])
    (problem,) = refused.value.errors
    assert str(problem).startswith("--set duration=20s: stress.duration: unknown key; ")


def test_everything_wrong_with_the_options_is_told_at_once_and_once(plan: PlanFile) -> None:
    with pytest.raises(PlanError) as refused:
        resolve(plan, suite="small", overrides=["duration=abc", "usres=5", "x"], repeat=-1)
    assert [error.file for error in refused.value.errors] == [
        "--repeat -1",
        "--set x",
        "--set duration=abc",
        "--set usres=5",
    ]


def test_an_override_changes_every_scenario_that_runs(plan: PlanFile) -> None:
    chosen = resolve(plan, suite="small", overrides=["rate=20", "expect.json=[id]", "timeout=5s"])
    assert [scenario.stages()[-1].rate for scenario in chosen] == [20, 40]
    assert [stage.rate for stage in chosen[1].stages()] == [40, 20, 40]
    assert [scenario.timeout_s for scenario in chosen] == [5.0, 5.0]
    assert [scenario.expect.json_keys for scenario in chosen] == [("id",), ("id",)]


def test_a_dotted_key_reaches_into_a_part_and_leaves_the_rest(plan: PlanFile) -> None:
    (spike,) = resolve(
        plan, scenario="spike", overrides=["baseline.users=5", "payload.file=a.jsonl"]
    )
    baseline = spike.stages()[0]
    assert (baseline.users, baseline.rate, baseline.duration_s) == (5, 40, 5)
    assert spike.payload is not None
    assert spike.payload.file == "a.jsonl"


def test_the_last_of_two_overrides_of_a_key_wins(plan: PlanFile) -> None:
    (light,) = resolve(plan, overrides=["rate=20", "rate=30"])
    assert light.rate == 30


def test_an_override_leaves_the_plan_as_it_was(plan: PlanFile) -> None:
    resolve(plan, overrides=["rate=20"])
    assert plan.scenarios["light"].rate == 50


def test_no_rate_makes_every_scenario_a_closed_model(plan: PlanFile) -> None:
    assert [scenario.rate for scenario in resolve(plan, suite="all", no_rate=True)] == [None] * 3


@pytest.mark.parametrize("override", ["rate=20", "baseline.rate=5"])
def test_no_rate_and_a_rate_are_not_both_meant(plan: PlanFile, override: str) -> None:
    with pytest.raises(PlanError, match=f"--no-rate --set {override}: say opposite things"):
        resolve(plan, suite="all", no_rate=True, overrides=[override])


@pytest.mark.parametrize(
    ("scenario", "override"),
    [
        ("stress", "rate_per_user=20"),
        ("light", "arrivals=poisson"),
        ("spike", "baseline={users: 1, rate: 2, duration: 5s}"),
        ("day", "stages=[{name: noon, users: 1, rate: 2, duration: 5s}]"),
    ],
)
def test_no_rate_and_anything_of_a_rate_are_not_both_meant(scenario: str, override: str) -> None:
    day = "  day: {shape: staged, stages: [{name: noon, users: 1, rate: 1, duration: 5s}]}\n"
    plan = load_plan_file("plan.yaml", TEXT.replace("suites:", f"{day}suites:"))
    with pytest.raises(PlanError) as refused:
        resolve(plan, scenario=scenario, no_rate=True, overrides=[override])
    assert str(refused.value).startswith(f"--no-rate --set {override}: say opposite things")


@pytest.mark.parametrize("override", ["variables.rate=5", "baseline.users=5"])
def test_no_rate_goes_with_what_is_of_no_rate(plan: PlanFile, override: str) -> None:
    (spike,) = resolve(plan, scenario="spike", no_rate=True, overrides=[override])
    assert spike.rate is None


def test_an_override_that_says_nothing_is_told_and_not_what_the_file_says(plan: PlanFile) -> None:
    text = "scenarios: {a: {shape: ramp, users: 1, duration: 5s, retry: {times: 5}}}"
    one = load_plan_file("plan.yaml", text)
    (changed,) = resolve(one, scenario="a", overrides=["retry.times=4"])
    assert changed.retry_times == 4
    with pytest.raises(PlanError) as refused:
        resolve(one, scenario="a", overrides=["retries=3"])
    assert (
        str(refused.value) == "--set retries=3: a.retries: times is 5, and retries is 3; give one"
    )


def test_where_the_usual_scenario_is_not_there_one_must_be_named() -> None:
    text = "scenarios:\n  a: {shape: ramp, users: 1, duration: 5s}\n"
    with pytest.raises(PlanError, match=r"^--scenario: say which one runs: a or adhoc$"):
        resolve(load_plan_file("plan.yaml", text))
