from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.plan.plan_file import load_plan_file
from jobload.plan.problem import PlanError
from jobload.plan.scenario import Scenario, load_scenario
from jobload.plan.selection import resolve

PLAN = """\
scenarios:
  light: {shape: ramp, users: 10, ramp_up: 5s, duration: 30s, rate: 50}
  spike:
    shape: spike
    users: 50
    duration: 30s
    baseline: {users: 10, duration: 5s}
    ramp_up: 2s
    recovery: 8s
  long: {shape: endurance, users: 10, duration: 2m}
  stress: {shape: step_stress, users: [50, 100], step: 20s, ramp_up: 5s}
"""
PLAN_FILE = load_plan_file("plan.yaml", PLAN)
SCENARIOS: Mapping[str, Scenario] = {
    name: PLAN_FILE.scenarios[name] for name in ("light", "spike", "long", "stress")
}


def load(text: str) -> dict[str, tuple[CheckSpec, ...]]:
    return load_threshold_file("checks.yaml", SCENARIOS, text=text, endpoints=endpoints)


def endpoints(scenario: Scenario) -> list[str]:
    return [f"{scenario.method} {scenario.endpoint}", f"GET {scenario.endpoint}"]


def check(fields: str, scenario: str = "light") -> CheckSpec:
    return load(f"scenarios:\n  {scenario}:\n    - {{{fields}}}\n")[scenario][0]


def problems(text: str) -> list[str]:
    with pytest.raises(PlanError) as refused:
        load(text)
    return [str(error).removeprefix("checks.yaml:") for error in refused.value.errors]


def problem(fields: str, scenario: str = "light") -> str:
    (found,) = problems(f"scenarios:\n  {scenario}:\n    - {{{fields}}}\n")
    return found


@pytest.mark.parametrize(
    ("metric", "expect", "comparator", "limit", "unit"),
    [
        ("p99", "<= 200ms", "<=", 200, "ms"),
        ("p99", "<1.5s", "<", 1500, "ms"),
        ("p99.9", "<= 0.29s", "<=", 290, "ms"),
        ("service_p50", "<= 1m30s", "<=", 90_000, "ms"),
        ("service_max", "< 0.5ms", "<", 0.5, "ms"),
        ("mean", "  <=  20 ms  ", "<=", 20, "ms"),
        ("throughput", ">= 40/s", ">=", 40, "/s"),
        ("throughput", ">= 120 /min", ">=", 2, "/s"),
        ("goodput", "> 39.5/s", ">", 39.5, "/s"),
        ("throughput", "<= 40/s", "<=", 40, "/s"),
        ("error_rate", "<= 1%", "<=", 1, "%"),
        ("error_rate", "<= 0.5 %", "<=", 0.5, "%"),
        ("retries", "<= 10", "<=", 10, ""),
        ("retry_amplification", "<= 1.05", "<=", 1.05, ""),
        ("missed", "<= 0", "<=", 0, ""),
        ("missed", "<= 1%", "<=", 1, "%"),
    ],
)
def test_what_must_hold_is_understood_in_base_units(
    metric: str, expect: str, comparator: str, limit: float, unit: str
) -> None:
    spec = check(f'metric: {metric}, expect: "{expect}"')
    assert (spec.metric, spec.expect) == (metric, expect.strip())
    assert (str(spec.comparator), str(spec.unit)) == (comparator, unit)
    assert spec.limit == pytest.approx(limit)


@pytest.mark.parametrize(
    ("expect", "holds"),
    [
        ("<= 100ms", {99.9: True, 100.0: True, 100.1: False}),
        ("< 100ms", {99.9: True, 100.0: False, 100.1: False}),
        (">= 100ms", {99.9: False, 100.0: True, 100.1: True}),
        ("> 100ms", {99.9: False, 100.0: False, 100.1: True}),
    ],
)
def test_a_check_holds_on_its_side_of_the_limit(expect: str, holds: dict[float, bool]) -> None:
    spec = check(f'metric: p99, expect: "{expect}"')
    assert {actual: spec.holds(actual) for actual in holds} == holds


@pytest.mark.parametrize("comparator", ["<", "<=", ">", ">="])
def test_no_check_holds_of_what_is_not_a_number(comparator: str) -> None:
    assert not check(f'metric: p99, expect: "{comparator} 100ms"').holds(float("nan"))


def test_a_check_has_its_defaults() -> None:
    assert check('metric: p99, expect: "<= 100ms"') == CheckSpec(
        id="light/p99",
        scenario="light",
        metric="p99",
        stage=None,
        endpoint=None,
        expect="<= 100ms",
        comparator="<=",
        limit=100.0,
        unit="ms",
        level="fail",
        for_s=None,
        grace_s=0.0,
        abort=False,
        within_percent=None,
        window_s=5,
        max_increase_percent=None,
        max_decrease_percent=None,
        min_delta=None,
        implied=False,
    )


@pytest.mark.parametrize(
    ("fields", "attribute", "value"),
    [
        ("stage: hold", "stage", "hold"),
        ("stage: ramp-up", "stage", "ramp-up"),
        ("endpoint: GET /api/v1/jobs", "endpoint", "GET /api/v1/jobs"),
        ("level: warn", "level", "warn"),
        ("for: 10s", "for_s", 10.0),
        ("grace: 5s", "grace_s", 5.0),
        ("within: 95%", "within_percent", 95.0),
        ("within: 95%, window: 2s", "window_s", 2),
        ("abort: true", "abort", "scenario"),
        ("abort: scenario", "abort", "scenario"),
        ("abort: run", "abort", "run"),
        ("abort: false", "abort", False),
    ],
)
def test_a_modifier_is_kept(fields: str, attribute: str, value: Any) -> None:
    assert getattr(check(f'metric: p99, expect: "<= 1s", {fields}'), attribute) == value


def test_a_check_can_be_relative_to_a_baseline() -> None:
    spec = check("metric: p99, max_increase: 10%, min_delta: 5ms")
    assert spec.is_relative
    assert (spec.max_increase_percent, spec.min_delta, spec.unit) == (10.0, 5.0, "ms")
    assert (spec.comparator, spec.limit, spec.id) == (None, None, "light/p99-change")
    with pytest.raises(ValueError, match="relative to a baseline"):
        spec.holds(5.0)


def test_a_rate_is_compared_with_a_baseline_by_its_decrease() -> None:
    spec = check("metric: throughput, max_decrease: 5%, min_delta: 2/s")
    assert (spec.max_decrease_percent, spec.min_delta, spec.unit) == (5.0, 2.0, "/s")
    assert spec.expect == "at most 5% less than the baseline, changes under 2/s aside"


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ("metric: p99, expect: <= 1%", "3:29: {}.expect: p99 is a time and can't be in '%'; write"),
        (
            "metric: p99, expect: <= 200",
            "3:29: {}.expect: p99 is a time and needs a unit; write 200",
        ),
        ("metric: p99, expect: 200ms", "3:29: {}.expect: expected <=, >=, < or > and a figure, as"),
        ("metric: p99, expect: == 5ms", "3:29: {}.expect: expected <=, >=, < or > and a figure"),
        ("metric: p99, expect: =< 5ms", "3:29: {}.expect: expected <=, >=, < or > and a figure"),
        ("metric: p99, expect: <> 5ms", "3:29: {}.expect: expected <=, >=, < or > and a figure"),
        (
            "metric: p99, expect: <= nan",
            "3:29: {}.expect: expected a figure, as in '<= 200ms', not",
        ),
        ("metric: p99, expect: <= -1ms", "3:29: {}.expect: expected a figure, as in '<= 200ms'"),
        ("metric: p99, expect: 5", "3:29: {}.expect: expected text, not 5; put it in quotes"),
        ("metric: goodput, expect: '>= 4ms'", "3:33: {}.expect: goodput is a rate and can't be in"),
        (
            "metric: error_rate, expect: <= 101%",
            "3:36: {}.expect: a share lies between 0% and 100%",
        ),
        (
            "metric: missed, expect: <= 3s",
            "3:32: {}.expect: missed is a plain number or a share and",
        ),
        ("metric: retries, expect: <= 3%", "3:33: {}.expect: retries is a plain number and can't"),
        ("metric: p99", "3:7: {}: expect is missing; or max_increase and min_delta"),
        (
            "metric: P99, expect: <= 5ms",
            "3:16: {}.metric: no metric is called 'P99'; did you mean p99",
        ),
        ("metric: p100, expect: <= 5ms", "3:16: {}.metric: no metric is called 'p100'"),
        ("metric: p0, expect: <= 5ms", "3:16: {}.metric: no metric is called 'p0'"),
        ("metric: latency, expect: <= 5ms", "3:16: {}.metric: no metric is called 'latency'"),
        ("metric: p99, expct: < 1s", "3:21: {}.expct: unknown key; did you mean expect?"),
        (
            "metric: p99, expect: < 1s, stage: hol",
            "3:42: {}.stage: light has no stage 'hol'; expected",
        ),
        (
            "metric: p99, expect: < 1s, endpoint: /x",
            "3:45: {}.endpoint: light has no endpoint '/x'",
        ),
        ("metric: p99, expect: < 1s, level: info", "3:42: {}.level: 'info' is no choice; expected"),
        ("metric: p99, expect: < 1s, for: 10", "3:40: {}.for: 10 has no unit; write 10s"),
        ("metric: p99, expect: < 1s, for: 2s", "3:40: {}.for: must be at least one window, 5s"),
        (
            "metric: p99, expect: < 1s, for: 26s",
            "3:40: {}.for: is longer than what is judged of the",
        ),
        ("metric: p99, expect: < 1s, grace: 25s", "3:42: {}.grace: leaves nothing to judge: the"),
        (
            "metric: p99, expect: < 1s, grace: 24s, within: 95%",
            "3:7: {}: a window of 5s does not fit into what is judged of the stage, 1s",
        ),
        (
            "metric: p99, expect: < 1s, within: 95",
            "3:43: {}.within: expected a percentage such as 95%",
        ),
        (
            "metric: p99, expect: < 1s, within: 0%",
            "3:43: {}.within: expected more than 0% and at most",
        ),
        (
            "metric: p99, expect: < 1s, within: 101%",
            "3:43: {}.within: expected more than 0% and at",
        ),
        (
            "metric: p99, expect: < 1s, abort: yes",
            "3:42: {}.abort: expected true, false, scenario or",
        ),
        (
            "metric: p99, expect: < 1s, abort: 1",
            "3:42: {}.abort: expected true, false, scenario or",
        ),
        ("metric: p99, expect: < 1s, window: 2s", "3:43: {}.window: has no meaning without for,"),
        ("metric: p99, max_increase: 10%", "3:35: {}.max_increase: needs min_delta beside it"),
        ("metric: p99, max_increase: 10, min_delta: 1ms", "3:35: {}.max_increase: expected a perc"),
        ("metric: p99, max_increase: 9%, min_delta: 1%", "3:50: {}.min_delta: p99 is a time and"),
    ],
)
def test_a_wrong_check_is_told_with_place_and_what_was_expected(fields: str, found: str) -> None:
    assert problem(fields).startswith(found.replace("{}", "scenarios.light[0]"))


@pytest.mark.parametrize(
    ("scenario", "fields", "found"),
    [
        (
            "light",
            "expect: <= 1s, min_delta: 1ms",
            "min_delta: has no meaning without max_increase",
        ),
        (
            "light",
            "expect: <= 1s, max_increase: 9%, min_delta: 1ms",
            "max_increase: a check has eit",
        ),
        (
            "light",
            "max_increase: 9%, max_decrease: 9%, min_delta: 1ms",
            "max_decrease: a check has",
        ),
        (
            "light",
            "max_increase: 9%, min_delta: 1ms, for: 9s",
            "for: a comparison with a baseline is",
        ),
        (
            "light",
            "expect: <= 1s, for: 10s, within: 95%",
            "within: a check has either for or within",
        ),
        (
            "light",
            "expect: <= 1s, abort: true, level: warn",
            "abort: a check of level warn can't end",
        ),
        ("light", "expect: <= 1s, within: 9%, window: 26s", "window: a window of 26s does not fit"),
        ("light", "expect: <= 1s, within: 9%, window: 1500ms", "window: expected whole seconds"),
        ("light", "expect: <= 1s, stage: ramp-up, for: 6s", "for: is longer than what is judged"),
        (
            "light",
            "expect: <= 1s, endpoint: POST /api/v1/jobs, for: 9s",
            "for: can't be with endpoint",
        ),
        (
            "spike",
            "expect: <= 1s, stage: baseline, grace: 1s, abort: run",
            ": a window of 5s does not",
        ),
    ],
)
def test_what_can_t_be_together_is_told_at_the_key_that_is_too_much(
    scenario: str, fields: str, found: str
) -> None:
    _, _, told = problem(f"metric: p99, {fields}", scenario).partition(f"scenarios.{scenario}[0]")
    assert told.lstrip(".").startswith(found)


@pytest.mark.parametrize(
    ("scenario", "fields", "found"),
    [
        (
            "light",
            "metric: recovery_time, expect: <= 9s",
            "light has no baseline and recovery stage",
        ),
        (
            "light",
            "metric: drift, expect: <= 9%",
            "drift is of endurance scenarios, and light is a",
        ),
        (
            "spike",
            "metric: recovery_time, expect: <= 9%",
            "recovery_time is a time and can't be in",
        ),
        (
            "spike",
            "metric: recovery_time, expect: <= 9s, for: 6s",
            "recovery_time is known only at",
        ),
        (
            "spike",
            "metric: recovery_time, expect: <= 9s, stage: spike",
            "recovery_time is of the sc",
        ),
        (
            "long",
            "metric: drift, max_increase: 9%, min_delta: 1%",
            "drift can't be compared with a",
        ),
    ],
)
def test_recovery_and_drift_are_asked_only_where_they_can_be_told(
    scenario: str, fields: str, found: str
) -> None:
    assert found in problem(fields, scenario)


def test_recovery_and_drift_are_taken_where_they_can_be_told() -> None:
    assert check("metric: recovery_time, expect: <= 9s", "spike").limit == 9000
    assert check("metric: drift, expect: <= 10%", "long").limit == 10


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    text = """\
defaults: {error_rate: "<= 1ms", lvl: warn}
scenarios:
  lihgt: []
  light:
    - {metric: p99, expect: "<= 1%", stage: holt}
    - {metric: p99, metric: p95, expect: &a "<= 1ms"}
    - *a
    - p99 < 5
  spike: {metric: p99}
"""
    assert [told.split(": ")[:2] for told in problems(text)] == [
        ["1:24", "defaults.error_rate"],
        ["1:34", "defaults.lvl"],
        ["3:3", "scenarios.lihgt"],
        ["5:29", "scenarios.light[0].expect"],
        ["5:45", "scenarios.light[0].stage"],
        ["6:21", "scenarios.light[1].metric"],
        ["6:42", "scenarios.light[1].expect"],
        ["7:7", "scenarios.light[2]"],
        ["8:7", "scenarios.light[3]"],
        ["9:10", "scenarios.spike"],
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "1:1: is empty"),
        ("[]", "1:1: expected a mapping (key: value), not a list"),
        ("defaults: {}", "1:1: scenarios is missing"),
        (
            'defaults: {error_rate: ">= 1%"}\nscenarios: {}',
            "1:24: defaults.error_rate: expected <= or < and a share, as in '<= 1%', not '>= 1%'",
        ),
        (
            "scenario: {}\nscenarios: {}",
            "1:1: scenario: unknown key; expected defaults or scenarios;",
        ),
        (
            "scenarios: {lihgt: []}",
            "1:13: scenarios.lihgt: no scenario is called 'lihgt'; expected",
        ),
        (
            "scenarios:\n  light:\n    - metric: p99\n      expect: >= 5ms\n",
            "4:16: a value that begins",
        ),
    ],
)
def test_a_wrong_file_is_told_with_place_and_what_was_expected(text: str, found: str) -> None:
    assert problems(text)[0].startswith(found)


def test_missed_arrivals_are_of_no_step() -> None:
    text = "scenarios: {a: {shape: ramp, users: 1, duration: 5s, steps: [{name: one, get: /a}]}}"
    checks = "scenarios:\n  a:\n    - {metric: missed, expect: <= 1, endpoint: one}\n"
    with pytest.raises(PlanError) as refused:
        load_threshold_file("c.yaml", load_plan_file("p.yaml", text).scenarios, text=checks)
    (found,) = refused.value.errors
    assert found.key == "scenarios.a[0].endpoint"
    assert found.message.startswith("missed is of arrivals, and so of whole operations")


@pytest.mark.parametrize(
    ("known", "refused"), [(["POST /a"], 0), (["POST /a", "GET /a"], 1), (None, 0)]
)
def test_missed_arrivals_are_of_none_of_several_endpoints(
    known: list[str] | None, refused: int
) -> None:
    text = "scenarios:\n  light:\n    - {metric: missed, expect: <= 1, endpoint: POST /a}\n"
    found = []
    try:
        load_threshold_file("c.yaml", SCENARIOS, text=text, endpoints=lambda _: known)
    except PlanError as error:
        found = [each.message for each in error.errors]
    sentence = "missed is of arrivals, which are not yet of any endpoint; take it out"
    assert found == [sentence] * refused


def error_checks(scenario: str, *fields: str) -> list[tuple[str, bool]]:
    lines = "".join(f"    - {{{each}}}\n" for each in fields)
    checks = load(f"scenarios:\n  {scenario}:\n{lines or '    []'}")[scenario]
    return [(each.expect, each.implied) for each in checks if each.metric == "error_rate"]


@pytest.mark.parametrize(
    ("given_checks", "expected"),
    [
        ([], [("<= 1%", True)]),
        (["metric: p99, expect: <= 1s"], [("<= 1%", True)]),
        (["metric: error_rate, expect: <= 20%"], [("<= 20%", False)]),
        (["metric: error_rate, expect: <= 20%, stage: hold"], [("<= 20%", False)]),
        (
            ["metric: error_rate, expect: <= 20%, stage: ramp-up"],
            [("<= 20%", False), ("<= 1%", True)],
        ),
        (
            ["metric: error_rate, expect: '>= 20%'"],
            [(">= 20%", False), ("<= 1%", True)],
        ),
        (
            ["metric: error_rate, expect: <= 20%, level: warn"],
            [("<= 20%", False), ("<= 1%", True)],
        ),
        (
            ["metric: error_rate, expect: <= 20%, endpoint: GET /api/v1/jobs"],
            [("<= 20%", False), ("<= 1%", True)],
        ),
        (
            ["metric: error_rate, max_increase: 5%, min_delta: 1%"],
            [("at most 5% more than the baseline, changes under 1% aside", False), ("<= 1%", True)],
        ),
    ],
    ids=str,
)
def test_a_scenario_whose_errors_nothing_bounds_gets_a_check_of_them(
    given_checks: list[str], expected: list[tuple[str, bool]]
) -> None:
    assert error_checks("light", *given_checks) == expected


def test_errors_are_bounded_when_each_judged_stage_has_a_limit_of_its_own() -> None:
    def limits(*stages: str) -> list[str]:
        fields = [f"metric: error_rate, expect: <= 20%, stage: {stage}" for stage in stages]
        return [expect for expect, _ in error_checks("spike", *fields)]

    assert limits("baseline", "spike", "recovery") == ["<= 20%"] * 3
    assert limits("baseline") == ["<= 20%", "<= 1%"]


def test_only_step_stress_may_break_unjudged() -> None:
    checks = load("scenarios: {}")
    assert {name: len(checks[name]) for name in checks} == {
        "light": 2,
        "spike": 2,
        "long": 2,
        "stress": 0,
    }


def test_without_a_file_there_are_the_implied_checks() -> None:
    assert load_threshold_file(None, SCENARIOS) == load("scenarios: {}")


def test_where_requests_may_belong_to_no_operation_their_errors_are_bounded_too() -> None:
    own = load_threshold_file(None, SCENARIOS, has_own_users=lambda s: s.name == "light")
    implied = [(each.metric, each.expect, each.implied) for each in own["light"]]
    assert implied[-1] == ("request_error_rate", "<= 1%", True)
    assert [each.metric for each in own["spike"]] == ["error_rate", "missed"]


def test_the_defaults_can_be_changed_for_the_whole_file() -> None:
    checks = load(
        'defaults: {error_rate: "<= 3%", missed: "< 4%", level: warn, window: 2s}\n'
        "scenarios:\n  light:\n    - {metric: p99, expect: <= 1s}\n"
        "    - {metric: p95, expect: <= 1s, level: fail, within: 90%, window: 4s}\n"
    )["light"]
    assert [(each.metric, each.level, each.window_s) for each in checks] == [
        ("p99", "warn", 2),
        ("p95", "fail", 4),
        ("error_rate", "fail", 2),
        ("missed", "fail", 2),
    ]
    assert [each.limit for each in checks[-2:]] == [3, 4]


def test_ids_say_what_is_checked_and_are_unique() -> None:
    checks = load("""\
scenarios:
  light:
    - {metric: throughput, expect: ">= 40/s", stage: hold}
    - {metric: p99, expect: <= 1s}
    - {metric: p99, expect: <= 2s, level: warn}
    - {metric: p99, expect: <= 3s, for: 10s}
    - {metric: p99.50, expect: <= 3s, endpoint: GET /api/v1/jobs}
""")["light"]
    assert [each.id for each in checks] == [
        "light/hold/throughput",
        "light/p99",
        "light/p99-warn",
        "light/p99-2",
        "light/GET-api-v1-jobs/p99.5",
        "light/error_rate",
        "light/missed",
    ]


def test_stages_are_those_of_the_run_as_changed_on_the_command_line() -> None:
    text = "scenarios: {stress: [{metric: p99, expect: <= 1s, stage: step-50}]}"
    (stress,) = resolve(PLAN_FILE, scenario="stress", overrides=["users=[5, 10]"])
    with pytest.raises(PlanError, match=r"stress has no stage 'step-50'; expected ramp-5"):
        load_threshold_file("checks.yaml", {"stress": stress}, text=text)


@pytest.mark.parametrize(
    ("metric", "samples"),
    [("p99", 299), ("p95", 59), ("p99.9", 2995), ("service_p99", 299), ("p50", 5)],
)
def test_a_percentile_needs_so_many_samples_to_say_anything(metric: str, samples: int) -> None:
    spec = check(f"metric: {metric}, expect: <= 1s")
    assert spec.min_samples == samples
    share = (spec.kind.percentile or 0) / 100
    assert 1 - share**samples >= 0.95 > 1 - share ** (samples - 1)


def test_other_metrics_need_one_sample() -> None:
    assert check("metric: mean, expect: <= 1s").min_samples == 1


@given(st.floats(min_value=0.0001, max_value=1e6).map(lambda limit: f"{limit:.4f}"))
def test_any_limit_is_kept_to_the_last_digit_it_was_written_with(figure: str) -> None:
    assert check(f"metric: goodput, expect: '>= {figure}/s'").limit == float(figure)
    assert check(f"metric: retries, expect: '>= {figure}'").limit == float(figure)


@pytest.mark.parametrize(
    ("level", "implied"), [("fail", []), ("warn", [(">= 50/s", "fail")])], ids=["fail", "warn"]
)
def test_a_search_fails_below_its_first_rate_unless_a_check_that_can_fail_says_another(
    level: str, implied: list[tuple[str, str]]
) -> None:
    body = {"name": "limit", "shape": "capacity", "users": 9, "start_rate": 50, "max_rate": 200}
    scenario = load_scenario(body | {"timeout": "10s"})
    text = f"scenarios: {{limit: [{{metric: capacity, expect: '>= 70/s', level: {level}}}]}}"
    (checks,) = load_threshold_file("checks.yaml", {"limit": scenario}, text=text).values()
    found = [each for each in checks if each.metric == "capacity" and each.implied]
    assert [(each.expect, each.level) for each in found] == implied
