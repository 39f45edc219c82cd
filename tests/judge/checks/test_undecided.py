"""What is proven, and what nobody knows: the generator's own delay, and what never ended."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_check import check, judged
from made_run import Beat, Beats, MadeRun, endurance, light, planned, spike, stress

from jobload.judge.answers.answers import Answers
from jobload.judge.answers.drift import drift
from jobload.judge.answers.recovery import recovery
from jobload.judge.checks.check import evaluate
from jobload.judge.checks.outcome import CheckOutcome
from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.judge.verdict import judge
from jobload.measure.figures import ScenarioFigures
from jobload.plan.scenario import Scenario
from jobload.plan.stage import Stage


def held(beat: Beat, scenario: Scenario | None = None) -> ScenarioFigures:
    return MadeRun().play(
        scenario or light(),
        lambda stage, second: beat if stage.judged else planned()(stage, second),
    )


def found(beat: Beat, line: str) -> CheckOutcome:
    return judged(held(beat), line)


# --- the generator's own delay ------------------------------------------------------------------

OWN = Beat(ms=[100.0] * 50, own_ms=90.0)
"""The target takes 10 ms, the generator adds 90."""


@pytest.mark.parametrize(
    ("expect", "status"),
    [("<= 101ms", "PASS"), ("<= 50ms", "INSUFFICIENT"), ("<= 9ms", "FAIL")],
)
@pytest.mark.parametrize("metric", ["p50", "p95", "p99", "mean", "max", "min"])
def test_between_the_lower_and_the_upper_figure_nobody_knows(
    metric: str, expect: str, status: str
) -> None:
    outcome = found(OWN, f'metric: {metric}, expect: "{expect}"')
    assert outcome.status == status
    assert outcome.actual == pytest.approx(100.0, rel=0.001)


def test_what_decides_is_told_with_both_figures_and_what_to_do() -> None:
    outcome = found(OWN, 'metric: p99, expect: "<= 50ms"')
    assert outcome.undecided_by == "generator"
    assert "the generator's own delay decides: 10 ms without it, 100 ms with it" in outcome.detail
    assert "cores or workers" in outcome.detail


@pytest.mark.parametrize(("open_from", "status"), [(15, "INSUFFICIENT"), (20, "PASS")])
def test_windows_in_a_row_that_are_open_count_from_the_first_of_them(
    open_from: int, status: str
) -> None:
    """Two of 5 s after three that hold; one alone is too short for `for`."""
    scenario = MadeRun().play(
        light(),
        lambda stage, second: (
            OWN if stage.judged and second >= open_from else planned()(stage, second)
        ),
    )
    assert judged(scenario, 'metric: p95, expect: "<= 50ms", for: 10s').status == status


def test_service_times_are_the_targets_own() -> None:
    assert found(OWN, 'metric: service_p99, expect: "<= 6ms"').status == "PASS"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ('metric: p95, expect: "<= 50ms", for: 5s', "INSUFFICIENT"),
        ('metric: p95, expect: "<= 50ms", within: "80%"', "INSUFFICIENT"),
        ('metric: p95, expect: "<= 50ms", grace: 5s', "INSUFFICIENT"),
        ('metric: p95, expect: "<= 50ms", abort: true', "INSUFFICIENT"),
        ('metric: p95, expect: "<= 101ms", for: 5s', "PASS"),
        ('metric: p95, expect: "<= 101ms", within: "100%"', "PASS"),
        ('metric: p95, expect: "<= 9ms", for: 25s', "FAIL"),
        ('metric: p95, expect: "<= 9ms", within: "20%"', "FAIL"),
    ],
)
def test_the_same_holds_in_windows(line: str, status: str) -> None:
    assert found(OWN, line).status == status


def test_windows_that_nobody_knows_decide_only_where_they_could() -> None:
    """Two of five windows are open: 60 % hold for sure, all may."""

    def beats(stage: Stage, second: int) -> Beat:
        beat = planned()(stage, second)
        return OWN if stage.judged and second < 10 else beat

    figures = MadeRun().play(light(), beats)
    within = 'metric: p95, expect: "<= 50ms", within: "{}%"'
    assert judged(figures, within.format(60)).status == "PASS"
    assert judged(figures, within.format(61)).status == "INSUFFICIENT"
    in_a_row = 'metric: p95, expect: "<= 50ms", for: {}s'
    assert judged(figures, in_a_row.format(15)).status == "PASS"
    assert judged(figures, in_a_row.format(10)).status == "INSUFFICIENT"


def test_an_open_check_makes_a_run_invalid_and_a_warning_leaves_it_alone() -> None:
    run = MadeRun()
    run.play(light(), lambda stage, second: replace(OWN, ms=planned(100.0)(stage, second).ms))
    figures = run.end()
    text = "scenarios:\n  light:\n    - {{metric: p99, expect: '<= 50ms'{}}}\n"
    for level, status in (("", "INVALID"), (", level: warn", "PASS")):
        checks = load_threshold_file("t.yaml", {"light": light()}, text=text.format(level))
        assert judge(figures, checks).status == status


@pytest.mark.parametrize(
    ("before", "status"), [(5.0, "INSUFFICIENT"), (2.0, "FAIL"), (95.0, "PASS")]
)
def test_a_comparison_with_an_earlier_run_is_open_too(before: float, status: str) -> None:
    line = "metric: p95, max_increase: 10%, min_delta: 5ms"

    scenario = held(OWN)
    spec = check(scenario.scenario, line)
    assert evaluate(spec, scenario, baseline=lambda _: before).status == status


def test_drift_of_the_generator_is_not_held_against_the_target() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        ms = 10.0 + second
        return Beat(ms=[ms + 0.01 * n for n in range(100)], own_ms=float(second))

    scenario = MadeRun().play(endurance(), beats)

    spec = check(scenario.scenario, 'metric: drift, expect: "<= 20%"')
    seen = drift(scenario)
    assert seen is not None
    assert seen.exceeds()
    outcome = evaluate(spec, scenario, answers=Answers(drift=seen))
    assert (outcome.status, outcome.undecided_by) == ("INSUFFICIENT", "generator")


def test_what_does_not_drift_with_the_generators_delay_holds() -> None:
    """It fell as fast as the target's time rose: the upper figures are what somebody saw."""

    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[200.0 + 0.01 * n for n in range(100)], own_ms=max(0.0, 150.0 - second))

    scenario = MadeRun().play(endurance(), beats)
    spec = check(scenario.scenario, 'metric: drift, expect: "<= 20%"')
    seen = drift(scenario)
    assert seen is not None
    assert seen.lower is not None
    assert seen.lower.exceeds()
    assert evaluate(spec, scenario, answers=Answers(drift=seen)).status == "PASS"


# --- what was missed ----------------------------------------------------------------------------


def frozen_from(second: int, rps: int = 50, in_flight: int = 8) -> Beats:
    """The target answers nothing any more: so many are in flight, all others find no user."""

    def beats(stage: Stage, at: int) -> Beat:
        if not stage.judged or at < second:
            return planned()(stage, at)
        if at == second:
            return Beat(in_flight=in_flight, missed=rps - in_flight)
        return Beat(missed=rps)

    return beats


@pytest.mark.parametrize("second", [0, 5, 14, 20, 23])
@pytest.mark.parametrize(
    "line",
    [
        'metric: p99, expect: "<= 100ms"',
        'metric: p95, expect: "<= 100ms", for: 5s',
        'metric: p95, expect: "<= 100ms", within: "95%"',
        'metric: p95, expect: "<= 100ms", grace: 5s',
        'metric: p95, expect: "<= 100ms", abort: true',
        'metric: missed, expect: "<= 1%"',
        'metric: missed, expect: "<= 1%", for: 5s',
        'metric: missed, expect: "<= 1%", within: "95%"',
        'metric: missed, expect: "<= 1%", grace: 5s',
    ],
)
def test_a_target_that_freezes_until_the_end_breaches_every_check(second: int, line: str) -> None:
    assert judged(MadeRun().play(light(), frozen_from(second)), line).status == "FAIL"


@pytest.mark.parametrize("workers", [("w1",), ("w1", "w2")])
def test_a_frozen_target_fails_by_the_implied_checks_alone(workers: tuple[str, ...]) -> None:
    run = MadeRun(workers=workers)
    scenario = light(rate=50.0 * len(workers))
    run.play(scenario, frozen_from(14))
    figures = run.end()
    for stage in figures.stages:  # the last ones are censored, which by itself is INVALID
        stage.overall.succeeded += stage.overall.censored
        stage.overall.censored = 0
    checks = load_threshold_file(None, {"light": scenario})
    outcomes = {o.spec.metric: o.status for o in judge(figures, checks).scenarios[0].checks}
    assert outcomes == {"error_rate": "PASS", "missed": "FAIL"}


def test_missed_arrivals_are_counted_in_the_seconds_they_were_planned_for() -> None:
    figures = MadeRun().play(light(), frozen_from(15))
    outcome = judged(figures, 'metric: missed, expect: "<= 1%", for: 10s')
    assert outcome.actual is not None
    assert 90 < outcome.actual <= 100
    assert outcome.detail == "2 windows in a row breached, 20–30 s of the run"
    assert judged(figures, 'metric: missed, expect: "<= 1%", for: 15s').status == "PASS"


def test_the_line_of_the_check_shows_both_figures() -> None:
    outcome = judged(MadeRun().play(light(), frozen_from(14)), 'metric: p99, expect: "<= 100ms"')
    assert outcome.actual_text.startswith("10 ms, with the unfinished at least ")
    never = "of 1,250, 550 never ended, never began, or were given up"
    assert outcome.detail == f"{never}, and count as slower than all others"
    mean = judged(MadeRun().play(light(), frozen_from(14)), 'metric: mean, expect: "<= 100ms"')
    assert mean.detail == never
    assert (
        judged(MadeRun().play(light(), planned()), 'metric: p99, expect: "<= 100ms"').detail == ""
    )


def test_what_had_not_ended_may_leave_a_check_open() -> None:
    """It waited for less than the limit when its stage ended, and who knows for how long."""
    figures = MadeRun().play(light(), frozen_from(24))
    outcome = judged(figures, 'metric: p99, expect: "<= 10s"')
    assert (outcome.status, outcome.undecided_by) == ("INSUFFICIENT", "unfinished")
    assert "how long they would have taken" in outcome.detail


def test_a_few_that_never_ended_do_not_matter_for_a_percentile_below_them() -> None:
    figures = MadeRun().play(light(), frozen_from(24, rps=8))
    assert judged(figures, 'metric: p99, expect: "<= 100ms"').status == "PASS"
    assert judged(figures, 'metric: p99.9, expect: "<= 100ms"').status != "PASS"


def test_a_frozen_target_has_not_recovered() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        if stage.name != "recovery":
            return planned()(stage, second)
        return Beat(missed=40)

    scenario = MadeRun().play(spike(), beats)

    seen = recovery(scenario)
    assert seen is not None
    assert seen.seconds is None


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ('metric: missed, expect: "<= 1%"', "INSUFFICIENT"),
        ('metric: p99, expect: "<= 100ms"', "INSUFFICIENT"),
        ('metric: throughput, expect: ">= 45/s"', "INSUFFICIENT"),
        ('metric: missed, expect: "<= 60%"', "PASS"),
    ],
)
def test_arrivals_for_which_users_were_really_free_are_not_held_against_the_target(
    line: str, status: str
) -> None:
    """Half of them are missed, and yet eight users were idle all the time: the generator."""
    beat = Beat(ms=[10.0] * 25, missed=25, idle_s=8.0)
    assert found(beat, line).status == status


@pytest.mark.parametrize("expect", ["<= 100ms", ">= 100ms"])
def test_no_success_and_nothing_unfinished_by_the_targets_doing_leaves_a_time_open(
    expect: str,
) -> None:
    beat = Beat(ms=[], failed=25, missed=25, idle_s=8.0)
    outcome = found(beat, f'metric: p50, expect: "{expect}"')
    assert (outcome.status, outcome.undecided_by) == ("INSUFFICIENT", "generator")


def test_users_that_were_idle_before_are_no_excuse_for_what_was_missed_later() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        beat = frozen_from(20)(stage, second)
        return beat if second >= 20 else replace(beat, idle_s=9.5)

    figures = MadeRun().play(light(), beats)
    assert judged(figures, 'metric: missed, expect: "<= 1%"').status == "FAIL"
    assert judged(figures, 'metric: p99, expect: "<= 100ms"').status == "FAIL"


def test_a_closed_model_that_its_generator_held_back_is_open() -> None:
    beat = Beat(ms=[10.0] * 50, idle_s=9.5)
    scenario = light(rate=None, ramp_up="0s")
    line = 'metric: throughput, expect: ">= {}/s"'
    assert judged(held(beat, scenario), line.format(49)).status == "PASS"
    assert judged(held(beat, scenario), line.format(500)).status == "INSUFFICIENT"
    assert judged(held(beat, scenario), line.format(5000)).status == "FAIL"


def test_every_scenario_but_step_stress_may_miss_one_percent() -> None:
    scenarios = {"light": light(), "stress": stress()}
    checks = load_threshold_file(None, scenarios)
    assert [c.metric for c in checks["light"]] == ["error_rate", "missed"]
    assert checks["stress"] == ()
    text = "defaults: {missed: '<= 5%'}\nscenarios: {}\n"
    assert load_threshold_file("t", scenarios, text=text)["light"][1].limit == 5.0
