"""Checks on what a Prometheus knows of the target: where samples are missing, none is a PASS."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import pytest
from made_run import MadeRun, light, planned

from jobload.judge.checks.capacity_step import judge_step
from jobload.judge.checks.check import evaluate
from jobload.judge.checks.outcome import CheckOutcome
from jobload.judge.checks.window_log import WindowLog
from jobload.judge.checks.windowed import first_breach
from jobload.judge.diagnosis import diagnosis
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.judge.verdict import judge
from jobload.measure.figures import ScenarioFigures
from jobload.measure.observed_series import ObservedSeries
from jobload.plan.observe import Observe
from jobload.plan.problem import PlanError

Sample = float | None
EVERY_S = 2.0
OBSERVE = Observe.model_validate(
    {
        "prometheus": "http://127.0.0.1:9090",
        "queries": {
            "cpu": {"query": "a", "unit": "%"},
            "memory": {"query": "b", "unit": "bytes"},
            "lag": {"query": "c", "unit": "s"},
            "net": {"query": "d", "unit": "bytes/s"},
            "queue": {"query": "e"},
        },
    }
)
HOLD = 12
"""Samples in the hold of 25 s, which begins at 5 s."""


def spec(line: str, scenario: str = "light") -> CheckSpec:
    text = f"scenarios: {{{scenario}: [{{{line}}}]}}"
    return load_threshold_file("thresholds.yaml", {"light": light()}, text=text, observe=OBSERVE)[
        "light"
    ][0]


def refused(line: str, observe: Observe | None = OBSERVE) -> str:
    text = f"scenarios: {{light: [{{{line}}}]}}"
    with pytest.raises(PlanError) as raised:
        load_threshold_file("thresholds.yaml", {"light": light()}, text=text, observe=observe)
    return str(raised.value)


def observed(samples: Sequence[Sample], name: str = "cpu", *, over: bool = True) -> ObservedSeries:
    """The first of them 0.1 s into the run, then one every 2 s."""
    series = ObservedSeries(name, "q", "%", EVERY_S)
    for number, value in enumerate(samples):
        at_s = 0.1 + number * EVERY_S
        if value is None:
            series.lack(at_s, "unreachable", "connect-refused: nobody listens")
        else:
            series.add(at_s, value)
        series.settled_s = at_s
    if over:
        series.settled_s = inf
    return series


def played(samples: Sequence[Sample], name: str = "cpu") -> ScenarioFigures:
    scenario = MadeRun().play(light(), planned())
    for stage in scenario.stages:
        stage.observed = {name: observed(samples, name)}
    return scenario


def outcome(line: str, samples: Sequence[Sample]) -> CheckOutcome:
    return evaluate(spec(line), played(samples))


def quiet(count: int = 16) -> list[Sample]:
    return [50.0] * count


def with_some(value: Sample, *places: int) -> list[Sample]:
    return [value if at in places else 50.0 for at in range(16)]


CPU = 'metric: observe:cpu, expect: "<= 80%"'


# --- without windows: each sample ------------------------------------------------------------


def test_every_sample_must_meet_it() -> None:
    passed = outcome(CPU, quiet())
    assert (passed.status, passed.actual_text) == ("PASS", "50 %")
    failed = outcome(CPU, with_some(80.5, 9))
    assert (failed.status, failed.actual_text) == ("FAIL", "80.5 %")
    assert failed.detail == "worst of 12 samples"


def test_a_lower_limit_looks_at_the_lowest() -> None:
    line = 'metric: observe:cpu, expect: ">= 40%"'
    assert outcome(line, quiet()).status == "PASS"
    assert outcome(line, with_some(39.0, 9)).actual == 39.0


def test_a_peak_in_a_stage_that_is_not_judged_is_none_of_it() -> None:
    assert outcome(CPU, with_some(99.0, 0, 1)).status == "PASS"
    assert outcome(f"{CPU}, stage: ramp-up", with_some(99.0, 1)).status == "FAIL"
    assert outcome(f"{CPU}, grace: 6s", with_some(99.0, 3, 4)).status == "PASS"


def test_a_warning_lets_it_pass() -> None:
    assert outcome(f"{CPU}, level: warn", with_some(99.0, 9)).status == "WARN"


# --- what is missing ------------------------------------------------------------------------


def test_without_any_sample_it_is_not_decided_and_says_why() -> None:
    found = outcome(CPU, [None] * 16)
    assert (found.status, found.actual_text) == ("INSUFFICIENT", "no data")
    assert "unreachable, 12 of 12 times (connect-refused: nobody listens)" in found.detail


def test_a_query_that_nobody_asked_is_not_decided() -> None:
    found = evaluate(spec(CPU), MadeRun().play(light(), planned()))
    assert (found.status, found.actual_text) == ("INSUFFICIENT", "no data")


def test_a_hole_leaves_it_open_and_one_sample_that_is_missing_does_not() -> None:
    assert outcome(CPU, with_some(None, 8)).status == "PASS"
    found = outcome(CPU, with_some(None, 8, 9))
    assert found.status == "INSUFFICIENT"
    assert "worst of 10 samples, and none for 6.0 s: unreachable" in found.detail


@pytest.mark.parametrize("missing", [[3, 4], [13, 14, 15]])
def test_a_hole_at_either_end_is_one(missing: list[int]) -> None:
    assert outcome(CPU, with_some(None, *missing)).status == "INSUFFICIENT"


def test_a_breach_is_proven_whatever_is_missing() -> None:
    samples = with_some(None, 8, 9, 10)
    samples[5] = 99.0
    assert outcome(CPU, samples).status == "FAIL"


@pytest.mark.parametrize("more", ["", ", for: 5s", ", within: 90%", ", abort: true", ", grace: 5s"])
def test_no_data_is_never_a_pass_of_the_run(more: str) -> None:
    made = MadeRun()
    made.play(light(), planned())
    run = made.end()
    for stage in run.stages:
        stage.observed = {"cpu": observed([None] * 16)}
    verdict = judge(run, {"light": [spec(CPU + more)]})
    (check,) = verdict.scenarios[0].checks
    assert (check.status, verdict.status, verdict.exit_code) == ("INSUFFICIENT", "INVALID", 3)
    assert "unreachable" in check.detail


@pytest.mark.parametrize(
    ("check", "passed"),
    [
        ('expect: ">= 3%", stage: hold', True),
        ('expect: ">= 3%"', False),
        ('expect: "<= 0.5%", stage: hold', False),
    ],
)
def test_what_a_hold_is_to_reach_the_steps_before_it_need_not(check: str, passed: bool) -> None:
    """Such as the replicas of a target that grows with its load."""
    scenario = played([1.0, 1.0, 1.0, *[4.0] * 13])
    step = scenario.stages[0]
    assert judge_step(scenario, step, [spec(f"metric: observe:cpu, {check}")]).passed is passed


# --- windows --------------------------------------------------------------------------------


def test_in_windows_their_mean_decides() -> None:
    line = f"{CPU}, for: 10s"
    assert outcome(line, with_some(99.0, 4, 7, 10, 13)).status == "PASS"
    found = outcome(line, with_some(99.0, *range(5, 12)))
    assert found.status == "FAIL"
    assert "windows in a row breached" in found.detail


def test_a_share_of_the_windows_may_breach() -> None:
    line = f"{CPU}, within: 80%"
    assert outcome(line, with_some(99.0, 5, 6, 7)).status == "PASS"
    assert outcome(line, with_some(99.0, 5, 6, 7, 8, 9)).status == "FAIL"


def test_windows_without_samples_may_breach_it() -> None:
    samples = with_some(None, *range(5, 10))
    assert outcome(f"{CPU}, within: 90%", samples).status == "INSUFFICIENT"
    assert outcome(f"{CPU}, within: 50%", samples).status == "PASS"
    found = outcome(f"{CPU}, for: 10s", samples)
    assert found.status == "INSUFFICIENT"
    assert "no samples of it, or too few" in found.detail
    assert outcome(f"{CPU}, for: 20s", samples).status == "PASS"


def test_a_mean_of_half_a_window_decides_nothing() -> None:
    line = f"{CPU}, for: 10s, window: 10s"
    assert outcome(line, quiet()).status == "PASS"
    assert outcome(line, with_some(None, 5, 6, 7)).status == "INSUFFICIENT"


def test_a_breach_in_windows_ends_a_run_and_a_hole_does_not() -> None:
    def breach(samples: Sequence[Sample], until_s: float) -> CheckOutcome | None:
        scenario = played(samples)
        for stage in scenario.stages:
            stage.observed = {"cpu": observed(samples, over=False)}
        checks, plan = [spec(f"{CPU}, abort: true")], scenario.scenario.stages()
        return first_breach(checks, WindowLog(), scenario.stages, plan, until_s)

    assert breach(with_some(99.0, *range(16)), 20.0) is not None
    assert breach([None] * 16, 20.0) is None


def test_a_window_is_read_when_its_answers_are_in() -> None:
    """Else an answer that is still on its way would be a hole for ever."""
    scenario = MadeRun().play(light(), planned())
    log, check = WindowLog(), spec(f"{CPU}, for: 5s")
    series = observed(with_some(99.0, 6, 7, 8, 9)[:4], over=False)
    for stage in scenario.stages:
        stage.observed = {"cpu": series}
    hold = scenario.stages[1]
    assert log.seen(check, hold, 20.0).decided == 0
    for number in range(4, 16):
        series.add(0.1 + number * EVERY_S, 99.0)
    series.settled_s = inf
    found = log.seen(check, hold, 20.0)
    assert (found.decided, found.breached, found.undecided) == (3, 2, 0)


# --- words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "limit", "unit"),
    [
        (CPU, 80.0, "%"),
        ("metric: observe:memory, expect: '<= 512MiB'", 512 * 2**20, "bytes"),
        ("metric: observe:memory, expect: '<= 1.5 GB'", 1.5e9, "bytes"),
        ("metric: observe:memory, expect: '<= 100 bytes'", 100.0, "bytes"),
        ("metric: observe:lag, expect: '< 200ms'", 0.2, "s"),
        ("metric: observe:net, expect: '<= 10MB/s'", 1e7, "bytes/s"),
        ("metric: observe:queue, expect: '<= 100'", 100.0, ""),
    ],
)
def test_a_limit_has_the_unit_of_its_query(line: str, limit: float, unit: str) -> None:
    found = spec(line)
    assert found.limit == pytest.approx(limit)
    assert found.unit == unit


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("metric: observe:cpu, expect: '<= 80'", "is a share and needs a unit; write 80%"),
        ("metric: observe:cpu, expect: '<= 80ms'", "can't be in 'ms'"),
        ("metric: observe:memory, expect: '<= 5%'", "is a size and can't be in '%'; write 5MiB"),
        ("metric: observe:net, expect: '<= 5MB'", "write 5MB/s"),
        ("metric: observe:lag, expect: '<= 5'", "needs a unit; write 5s (also ms, s, m, h)"),
        ("metric: observe:cpi, expect: '<= 5%'", "did you mean observe:cpu?"),
        ("metric: obsrve:cpu, expect: '<= 5%'", "no metric is called 'obsrve:cpu'"),
        (f"{CPU}, endpoint: a", "is of the target as a whole; take it out"),
        (
            "metric: observe:cpu, max_increase: 5%, min_delta: 1%",
            "can't be compared with a baseline; give it an expect",
        ),
        (f"{CPU}, for: 5s, window: 1s", "must hold a sample, and there is one every 2 s"),
    ],
)
def test_what_can_not_be_is_told_before_the_load(line: str, sentence: str) -> None:
    assert sentence in refused(line)


def test_without_observe_there_is_nothing_to_check() -> None:
    assert "needs observe: in the scenario file" in refused(CPU, None)


def test_sizes_are_read_as_people_write_them() -> None:
    line = "metric: observe:memory, expect: '<= 512MiB'"
    scenario = played([600.0 * 2**20] * 16, "memory")
    assert evaluate(spec(line), scenario).actual_text == "600 MiB"


def test_a_busy_target_is_no_slow_one() -> None:
    scenario = played([99.0] * 16)
    found = diagnosis(scenario, scenario.stages[1], [spec(CPU)])
    assert found.cause == "none"
