"""What wins when several things are wrong with one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from made_check import check
from made_run import Beat, Beats, MadeRun, light, planned, spike, stress

from jobload.judge.checks.window_log import WindowLog
from jobload.judge.status import RunStatus
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.verdict import RunVerdict, judge
from jobload.measure.figures import EndReason, RunFigures
from jobload.plan.scenario import Scenario
from jobload.plan.stage import Stage

HOLDS = 'metric: p95, expect: "<= 100ms"'
BREACHED = 'metric: p95, expect: "<= 1ms"'
UNDECIDED = 'metric: p99.99, expect: "<= 100ms"'


def verdict(
    lines: Sequence[str],
    *,
    compromised: bool = False,
    end_reason: EndReason = "completed",
    profile_only: bool = False,
    beats: Beats | None = None,
) -> RunVerdict:
    run = MadeRun(end_reason=end_reason, profile_only=profile_only)
    scenario = light()
    run.play(scenario, beats or planned())
    figures = run.end()
    if compromised:
        figures.scenarios[0].stages[1].record.displaced = dict.fromkeys(range(6, 16), 20)
    return judge(figures, {"light": [check(scenario, line) for line in lines]})


@pytest.mark.parametrize(
    ("lines", "compromised", "status", "exit_code"),
    [
        ([HOLDS], False, "PASS", 0),
        ([HOLDS, BREACHED], False, "FAIL", 1),
        ([HOLDS, UNDECIDED], False, "INVALID", 3),
        ([BREACHED, UNDECIDED], False, "FAIL", 1),
        ([UNDECIDED, BREACHED, HOLDS], False, "FAIL", 1),
        ([HOLDS], True, "INVALID", 3),
        ([BREACHED], True, "INVALID", 3),
        ([BREACHED, UNDECIDED], True, "INVALID", 3),
        ([f"{BREACHED}, level: warn"], False, "PASS", 0),
        ([f"{UNDECIDED}, level: warn"], False, "PASS", 0),
        ([f"{BREACHED}, level: warn", BREACHED], False, "FAIL", 1),
        ([], False, "PASS", 0),
        ([], True, "INVALID", 3),
    ],
)
def test_compromised_beats_breached_beats_undecided(
    lines: Sequence[str], compromised: bool, status: RunStatus, exit_code: int
) -> None:
    found = verdict(lines, compromised=compromised)
    assert (found.status, found.exit_code) == (status, exit_code)
    assert found.scenarios[0].status == status


@pytest.mark.parametrize(
    ("end_reason", "status", "exit_code"),
    [
        ("completed", "PASS", 0),
        ("stopped", "INVALID", 3),
        ("sigint", "INVALID", 130),
        ("sigterm", "INVALID", 143),
        ("crashed", "INVALID", 3),
        ("no-target", "INVALID", 3),
    ],
)
@pytest.mark.parametrize("line", [HOLDS, BREACHED])
def test_the_way_a_run_ends_decides(
    line: str, end_reason: EndReason, status: RunStatus, exit_code: int
) -> None:
    found = verdict([line], end_reason=end_reason)
    if end_reason == "completed" and line == BREACHED:
        status, exit_code = "FAIL", 1
    assert (found.status, found.exit_code) == (status, exit_code)


@pytest.mark.parametrize(
    ("end_reason", "status", "exit_code"),
    [
        ("completed", "PROFILED", 0),
        ("stopped", "INVALID", 3),
        ("sigint", "INVALID", 130),
        ("sigterm", "INVALID", 143),
        ("crashed", "INVALID", 3),
    ],
)
def test_a_profile_is_done_or_invalid(
    end_reason: EndReason, status: RunStatus, exit_code: int
) -> None:
    found = verdict([BREACHED], end_reason=end_reason, profile_only=True)
    assert (found.status, found.exit_code) == (status, exit_code)
    assert found.scenarios[0].checks == []


def test_a_generator_at_its_limit_does_a_profile_no_harm() -> None:
    assert verdict([], compromised=True, profile_only=True).status == "PROFILED"


def test_a_profile_in_which_nothing_was_measured_is_invalid() -> None:
    found = verdict([], profile_only=True, beats=lambda stage, second: Beat(missed=1))
    assert (found.status, found.exit_code) == ("INVALID", 3)


def test_a_target_that_answers_500_to_all_fails() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat(failed=len(list(planned()(stage, second).ms)))

    lines = ['metric: error_rate, expect: "<= 1%"', 'metric: p99, expect: "<= 100ms"']
    found = verdict(lines, beats=beats)
    assert [outcome.status for outcome in found.scenarios[0].checks] == ["FAIL", "INSUFFICIENT"]
    assert (found.status, found.exit_code) == ("FAIL", 1)


def test_p99_of_200_samples_is_invalid_unless_another_check_fails() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[10.0] * 8)

    scenario = light(rate=8.0)
    run = MadeRun()
    run.play(scenario, beats)
    p99 = check(scenario, 'metric: p99, expect: "<= 100ms"')
    found = judge(run.end(), {"light": [p99]})
    assert (found.status, found.exit_code) == ("INVALID", 3)
    assert "200 samples, 299 needed" in found.scenarios[0].checks[0].detail
    slow = check(scenario, 'metric: p95, expect: "<= 1ms"')
    assert judge(run.end(), {"light": [p99, slow]}).status == "FAIL"


def two_scenarios() -> tuple[RunFigures, Scenario, Scenario]:
    run = MadeRun()
    one, two = light(), spike()
    run.play(one, planned())
    run.play(two, planned())
    return run.end(), one, two


def test_a_flaw_in_one_scenario_leaves_the_others_their_own_status() -> None:
    run, one, two = two_scenarios()
    run.scenarios[1].stages[0].record.displaced = dict.fromkeys(range(30, 35), 20)
    found = judge(run, {"light": [check(one, HOLDS)], "spike": [check(two, HOLDS)]})
    assert [scenario.status for scenario in found.scenarios] == ["PASS", "INVALID"]
    assert found.status == "INVALID"


def test_a_breach_in_one_scenario_beats_an_undecided_check_in_another() -> None:
    run, one, two = two_scenarios()
    found = judge(run, {"light": [check(one, BREACHED)], "spike": [check(two, UNDECIDED)]})
    assert [scenario.status for scenario in found.scenarios] == ["FAIL", "INVALID"]
    assert found.status == "FAIL"


def test_each_scenario_is_judged_by_its_own_checks() -> None:
    run, one, _ = two_scenarios()
    checks: dict[str, list[CheckSpec]] = {"light": [check(one, HOLDS)], "spike": []}
    found = judge(run, checks)
    assert [len(scenario.checks) for scenario in found.scenarios] == [1, 0]
    assert found.status == "PASS"


def test_a_breach_that_ends_the_scenario_is_a_failure_and_not_an_early_end() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        good = planned()(stage, second)
        return Beat(failed=len(list(good.ms)))

    scenario = light()
    run = MadeRun(end_reason="aborted", end_detail="light: error_rate over 50 %")
    run.play(scenario, beats, ended_early="a check was breached")
    aborting = check(scenario, 'metric: error_rate, expect: "<= 50%", abort: run')
    figures = run.end()
    found = judge(figures, {"light": [aborting]})
    assert (found.status, found.exit_code) == ("FAIL", 1)
    without = judge(figures, {"light": [replace(aborting, abort=False)]})
    assert without.status == "INVALID"


def test_a_stress_scenario_that_broke_passes() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        good = list(planned()(stage, second).ms)
        failed = len(good) * 6 // 10 if stage.name == "step-100" else 0
        return Beat(ms=good[failed:], failed=failed)

    run = MadeRun()
    steps = ["ramp-50", "step-50", "ramp-100", "step-100"]
    run.play(stress(), beats, only=steps, ended_early="breaking point reached")
    found = judge(run.end(), {})
    assert (found.status, found.exit_code) == ("PASS", 0)
    point = found.scenarios[0].answers.breaking_point
    assert point is not None
    assert point.text == "breaking point reached at concurrency 100"


def test_a_step_fails_by_the_windows_that_were_read_while_it_ran() -> None:
    """Later the slow second and the one behind it are one, of which half is fast."""
    run, log, scenario = MadeRun(), WindowLog(), stress(users=[20, 40], step="300s", ramp_up="0s")
    spec = check(scenario, 'metric: p50, expect: "<= 100ms", for: 1s, window: 1s')
    step = run.play(
        scenario,
        lambda stage, second: Beat(ms=[900.0 if second == 100 else 10.0] * 3 * stage.users),
        only=["step-20"],
    ).stages[0]
    log.seen(spec, step, 200)
    run.collector.series.stages[step.key].coarsen()
    (found,) = judge(run.end(), {"stress": [spec]}, log=log).scenarios
    point = found.answers.breaking_point
    assert point is not None
    assert point.first_failing is not None
    assert point.first_failing.name == "step-20"
