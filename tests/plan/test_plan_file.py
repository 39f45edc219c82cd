from pathlib import Path

import pytest

from jobload.plan.plan_file import PlanFile, load_plan_file
from jobload.plan.problem import PlanError

GOOD = "  good: {shape: ramp, users: 1, duration: 5s}\n"


def load(text: str, users: tuple[str, ...] = ("JobSubmitter", "JobWatcher")) -> PlanFile:
    return load_plan_file("plan.yaml", text, known_users=users)


def problems(text: str) -> list[str]:
    with pytest.raises(PlanError) as refused:
        load(text)
    return [str(error).removeprefix("plan.yaml:") for error in refused.value.errors]


def in_scenario(field: str) -> str:
    """The one problem of a scenario with this line as its fourth, without the place's start."""
    text = f"scenarios:\n  light:\n    shape: ramp\n    {field}\n"
    for name, value in (("users", "10"), ("duration", "30s")):
        if not field.startswith(f"{name}:"):
            text += f"    {name}: {value}\n"
    (found,) = problems(text)
    return found


def test_scenarios_and_suites_are_loaded_by_name() -> None:
    plan = load(f"scenarios:\n{GOOD}suites: {{small: [good, good]}}\n")
    assert plan.scenarios["good"].name == "good"
    assert plan.scenarios["good"].total_s == 5
    assert plan.suites == {"small": ["good", "good"]}


@pytest.mark.parametrize(
    "field",
    [
        *("duration: {}", "endpoint: {}", "endpoint: /{}^", "endpoint: //{}", "method: {}"),
        *(
            "expect: {{status: [{}]}}",
            "expect: {{json: {{$.{}[: 1}}}}",
            "{}: 1",
            "headers: {{ä{}: x}}",
        ),
        *("expect: {{body: '{}('}}", "variables: {{-{}: 1}}", "data: {{x: {{file: {}}}}}"),
    ],
)
def test_a_value_or_key_of_any_length_is_told_in_a_readable_one(field: str) -> None:
    assert len(in_scenario(field.format("x" * 900))) < 700


def test_the_ad_hoc_scenario_is_always_there() -> None:
    assert [*load(f"scenarios:\n{GOOD}").scenarios] == ["good", "adhoc"]


def test_the_ad_hoc_scenario_has_the_defaults_but_for_users_rate_and_time() -> None:
    """These are given for one run, and need not fit to each other without the rest."""
    text = (
        "defaults:\n"
        "  {endpoint: /v2, headers: {X: a}, users: 200, duration: 9s, rate: 4, timeout: 2s,\n"
        "   payload: {file: a.jsonl}}\n"
    )
    adhoc = load_plan_file("there/plan.yaml", f"{text}scenarios:\n{GOOD}").scenarios["adhoc"]
    assert (adhoc.endpoint, adhoc.headers, adhoc.timeout_s) == ("/v2", {"X": "a"}, 2.0)
    assert adhoc.payload is not None
    assert adhoc.payload.file == "there/a.jsonl"
    assert (adhoc.most_users, adhoc.total_s, adhoc.rate) == (1, 60.0, None)
    steps = load(f"defaults: {{steps: [{{get: /a}}]}}\nscenarios:\n{GOOD}", ("FlowUser",))
    assert [*steps.scenarios["adhoc"].all_flows] == ["adhoc"]


def test_the_ad_hoc_scenario_has_the_users_of_a_locustfile_that_has_none_of_ours() -> None:
    text = f"scenarios:\n{GOOD}"
    plan = load_plan_file("plan.yaml", text, known_users={"Visitor"}, default_mix={"Visitor": 1})
    assert plan.scenarios["adhoc"].users_mix == {"Visitor": 1}


def test_defaults_that_are_no_scenario_by_themselves_make_none() -> None:
    text = (
        "defaults: {users_mix: {FlowUser: 1}}\n"
        "scenarios: {a: {shape: ramp, users: 1, duration: 5s, steps: [{get: /a}]}}"
    )
    assert [*load(text, ("FlowUser",)).scenarios] == ["a"]


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ('users: "10"', "4:12: scenarios.light.users: expected a whole number, not '10'; take off"),
        ("users: ten", "4:12: scenarios.light.users: expected a whole number, not 'ten'"),
        ("users: 1.5", "4:12: scenarios.light.users: expected a whole number, not 1.5"),
        ("users: yes", "4:12: scenarios.light.users: expected a whole number, not 'yes'"),
        ("users: true", "4:12: scenarios.light.users: expected a whole number, not true"),
        ("users: [10]", "4:12: scenarios.light.users: expected a whole number, not a list"),
        ("users: 0", "4:12: scenarios.light.users: must be at least 1, not 0"),
        ("users: 100001", "4:12: scenarios.light.users: must be at most 100,000, not 100001"),
        (
            "expect: {status: 2x}",
            "4:22: scenarios.light.expect.status: expected a status such as 2",
        ),
        ("rate: 50/s", "4:11: scenarios.light.rate: expected a number, not '50/s'"),
        ("rate: 0", "4:11: scenarios.light.rate: must be more than 0, not 0"),
        ("rate: .nan", "4:11: scenarios.light.rate: .nan is no figure"),
        ("rate:", "4:5: scenarios.light.rate: has no value; give one or leave the key out"),
        ("duration: 30", "4:15: scenarios.light.duration: 30 has no unit; write 30s for seconds"),
        ("duration: 1.5", "4:15: scenarios.light.duration: 1.5 has no unit; write 1.5s for"),
        ("duration: 30sec", "4:15: scenarios.light.duration: expected a duration such as 30s"),
        ("duration: true", "4:15: scenarios.light.duration: expected a duration such as 30s"),
        (
            "timeout: 2h",
            "4:14: scenarios.light.timeout: expected a duration from 1ms to 1h, not 2h",
        ),
        ("ramp_up: 31s", "4:14: scenarios.light.ramp_up: the ramp of 31s leaves nothing of the"),
        ("rte: 50", "4:5: scenarios.light.rte: unknown key; did you mean rate?"),
        ("timeout_s: 5s", "4:5: scenarios.light.timeout_s: unknown key; did you mean timeout?"),
        ("name: other", "4:5: scenarios.light.name: unknown key; expected shape, method"),
        ("arrivals: evn", "4:15: scenarios.light.arrivals: 'evn' is no choice; expected even or"),
        ("client: fasthttp", "4:5: scenarios.light.client: unknown key; expected shape, method"),
        ("expect: {jsn: [id]}", "4:14: scenarios.light.expect.jsn: unknown key; expected status"),
        (
            "expect: {status: [20]}",
            "4:23: scenarios.light.expect.status[0]: expected a status such",
        ),
        ("expect: {json: [5]}", "4:21: scenarios.light.expect.json[0]: expected text, not 5; put"),
        (
            "endpoint: '/a/{{ unique }}'",
            "4:15: scenarios.light.endpoint: {{ unique }} would be sent as it stands: nothing is",
        ),
        ("expect: [id]", "4:13: scenarios.light.expect: expected a mapping (key: value), not a"),
        ("payload: {}", "4:5: scenarios.light.payload.file: is missing"),
        ("headers: {A b: x}", "4:15: scenarios.light.headers.A b: 'A b' is no header name"),
        ("users_mix: {}", "4:16: scenarios.light.users_mix: needs at least one entry"),
        (
            "users_mix: {JobSubmiter: 1}",
            "4:17: scenarios.light.users_mix.JobSubmiter: no user class",
        ),
    ],
)
def test_a_wrong_field_is_told_with_place_key_and_what_was_expected(
    field: str, problem: str
) -> None:
    assert in_scenario(field).startswith(problem)


@pytest.mark.parametrize("field", ["expect: {json: 5}", "steps: 5"])
def test_a_number_where_a_list_of_other_things_is_expected_needs_more_than_brackets(
    field: str,
) -> None:
    assert in_scenario(field).endswith("expected a list, as in [a, b], not 5")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (
            "operation_timeout: 1s",
            "operation_timeout: is of steps; one request has timeout and retries",
        ),
        (
            "method: GET, payload: {file: a.jsonl}",
            "payload: GET sends no body; take it out, or write steps",
        ),
        ("retries: 3, retry: {times: 5}", "retries: times is 5, and retries is 3; give one"),
    ],
)
def test_a_field_that_would_be_expected_to_count_and_does_not_is_refused(
    fields: str, problem: str
) -> None:
    text = f"scenarios: {{a: {{shape: ramp, users: 1, duration: 5s, {fields}}}}}"
    with pytest.raises(PlanError) as refused:
        load_plan_file("plan.yaml", text)
    (found,) = refused.value.errors
    assert f"{found.key}: {found.message}".startswith(f"scenarios.a.{problem}")


@pytest.mark.parametrize(
    "fields",
    [
        "operation_timeout: 1s, steps: [{get: /a}]",
        "operation_timeout: 1s, users_mix: {JobWatcher: 1}",
        "completion_timeout: 1s, users_mix: {JobFollower: 1, JobSubmitter: 3}",
        "arrivals: poisson",
        "method: GET, payload_bytes: 256",
        "retries: 5, retry: {times: 5}",
        "retries: 5, retry: {status: [429]}",
    ],
)
def test_other_fields_are_taken_beside_each_other(fields: str) -> None:
    text = f"scenarios: {{a: {{shape: ramp, users: 1, duration: 5s, {fields}}}}}"
    assert load_plan_file("plan.yaml", text).scenarios.keys() == {"a", "adhoc"}


def test_a_default_may_say_nothing_to_some_of_the_scenarios() -> None:
    text = (
        "defaults: {payload_bytes: 9, operation_timeout: 1s, arrivals: poisson}\n"
        "scenarios:\n"
        "  reads: {shape: ramp, users: 1, duration: 5s, method: GET}\n"
        "  jobs: {shape: ramp, users: 1, duration: 5s, rate: 1}\n"
    )
    assert load(text).scenarios["reads"].operation_timeout_s == 1


def test_a_missing_field_is_told_where_its_scenario_stands() -> None:
    assert problems("scenarios:\n  light:\n    shape: ramp\n    users: 1\n") == [
        "2:3: scenarios.light.duration: is missing"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "1:1: expected a mapping (key: value), not a list"),
        ("suites: {}", "1:1: scenarios is missing"),
        ("scenarios: {}", "1:12: scenarios: needs at least one scenario"),
        ("scenarios: 5", "1:12: scenarios: expected a mapping (key: value), not 5"),
        ("scenarios: {a: 5}", "1:16: scenarios.a: expected a mapping (key: value), not 5"),
        ("scenarios: {a: {users: 1}}", "1:13: scenarios.a: shape is missing; expected ramp, spike"),
        ("scenarios: {a: {shape: rmp}}", "1:24: scenarios.a.shape: 'rmp' is no shape; expected"),
        ("scenarios: {a: {shape: [ramp]}}", "1:24: scenarios.a.shape: a list is no shape"),
        (
            f"defaults: {{shape: a}}\nscenarios:\n{GOOD}",
            "1:12: defaults.shape: unknown key; expected me",
        ),
        (f"scenario: 1\nscenarios:\n{GOOD}", "1:1: scenario: unknown key; expected defaults, sc"),
        (
            f"scenarios:\n{GOOD}suites: {{s: [god]}}",
            "3:14: suites.s[0]: no scenario is called 'god'",
        ),
        (
            f"scenarios:\n{GOOD}suites: {{s: [[good]]}}",
            "3:14: suites.s[0]: no scenario is called a",
        ),
        (
            f"scenarios:\n{GOOD}suites: {{s: []}}",
            "3:13: suites.s: expected a list of scenarios, as in [light, spike], not an empty one",
        ),
        (f"scenarios:\n{GOOD}suites: {{s: good}}", "3:13: suites.s: expected a list of scenarios"),
        (f"scenarios:\n{GOOD}suites: {{S 1: [good]}}", "3:10: suites.S 1: expected a name of at"),
        (
            "scenarios: {Light: {shape: ramp, users: 1, duration: 5s}}",
            "1:13: scenarios.Light: expected a name of at most 64 lower-case letters, digits, - and"
            " _; did you mean light?",
        ),
        (
            "scenarios: {adhoc: {shape: ramp, users: 1, duration: 5s}}",
            "1:13: scenarios.adhoc: a scenario called adhoc must have the shape adhoc",
        ),
    ],
)
def test_a_wrong_file_is_told_with_place_and_what_was_expected(text: str, problem: str) -> None:
    (found,) = problems(text)
    assert found.startswith(problem)


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    text = """\
scenarios:
  light: {shape: ramp, users: 0, users: 5, duration: 30}
  spike:
    shape: spike
    users: 5
    rate: 200
    duration: 10s
    baseline: &calm {users: 10, duration: 5s}
    recovery: 8s
  other: *calm
suites:
  small: [ligth, spike]
"""
    assert [problem.split(": ", 2)[:2] for problem in problems(text)] == [
        ["2:31", "scenarios.light.users"],
        ["2:34", "scenarios.light.users"],
        ["2:54", "scenarios.light.duration"],
        ["4:5", "scenarios.spike"],
        ["5:12", "scenarios.spike.users"],
        ["7:15", "scenarios.spike.duration"],
        ["8:15", "scenarios.spike.baseline"],
        ["10:10", "scenarios.other"],
        ["12:11", "suites.small[0]"],
    ]


def test_the_keys_of_a_stage_are_listed_when_one_is_unknown() -> None:
    stage = "{name: a, users: 1, duration: 5s, zzz: 1}"
    assert problems(f"scenarios: {{a: {{shape: staged, stages: [{stage}]}}}}") == [
        "1:75: scenarios.a.stages[0].zzz: unknown key; expected name, duration, users, users_from,"
        " rate or judged"
    ]


def test_a_header_value_is_never_repeated_in_a_message() -> None:
    text = "scenarios: {a: {shape: ramp, users: 1, duration: 5s, headers: {X: 12345, Y: 's3 \\n'}}}"
    assert "12345" not in str(problems(text))


def test_a_payload_file_is_looked_for_beside_the_file_that_names_it(tmp_path: Path) -> None:
    plan = tmp_path / "scenarios.yaml"
    plan.write_text(
        "scenarios: {a: {shape: ramp, users: 1, duration: 5s, payload: {file: jobs.jsonl}}}"
    )
    payload = load_plan_file(plan).scenarios["a"].payload
    assert payload is not None
    assert payload.file == str(tmp_path / "jobs.jsonl")


def test_a_path_that_must_be_ready_may_be_said_once_for_all() -> None:
    own = "own: {shape: ramp, users: 1, duration: 5s, ready: /x}"
    text = f"ready: /healthz\nscenarios:\n{GOOD}  {own}\n"
    scenarios = load_plan_file("p.yaml", text).scenarios
    asked = {name: scenario.ready for name, scenario in scenarios.items()}
    assert asked == {"good": "/healthz", "own": "/x", "adhoc": "/healthz"}
    for wrong in ("healthz", "5", "[/a]"):
        (problem,) = problems(text.replace("/healthz", wrong))
        assert problem.startswith("1:8: ready: expected a path")


def test_files_are_named_from_the_folder_of_the_file_that_names_them() -> None:
    fields = "payload: {file: a.jsonl}, tls: {cert: c.pem, key: /k.pem}"
    text = f"scenarios: {{x: {{shape: ramp, users: 1, duration: 5s, {fields}}}}}"
    scenario = load_plan_file("some/where/plan.yaml", text).scenarios["x"]
    assert scenario.payload is not None
    assert scenario.payload.file == "some/where/a.jsonl"
    assert scenario.tls is not None
    assert (scenario.tls.cert, scenario.tls.key, scenario.tls.ca) == (
        "some/where/c.pem",
        "/k.pem",
        None,
    )
