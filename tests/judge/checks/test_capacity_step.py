"""Does a target take the rate of a step? Counts at the very limits."""

from __future__ import annotations

import pytest
from made_check import check
from made_run import Beat, Beats, MadeRun, light, planned

from jobload.judge.checks.capacity_step import StepOutcome, judge_step
from jobload.plan.stage import Stage


def judged_step(beats: Beats, *lines: str, planned: int = 500) -> StepOutcome:
    """Of a hold of 10 s with so many arrivals."""
    figures = MadeRun().play(light(ramp_up="5s", duration="15s", rate=planned / 10), beats)
    hold = figures.stage("hold")
    assert hold is not None
    return judge_step(figures, hold, [check(figures.scenario, line) for line in lines])


def once(first: Beat) -> Beats:
    """One arrival a second of the ramp, and of the hold what is said, in its first second."""
    return lambda stage, second: (
        first if stage.name == "hold" and second == 0 else Beat(ms=[10] * (stage.name != "hold"))
    )


def test_a_step_that_does_all_passes() -> None:
    assert judged_step(lambda stage, second: Beat(ms=[10] * 50)) == StepOutcome(True)


@pytest.mark.parametrize(
    ("done", "left", "passed"),
    [(950, 50, True), (949, 51, False), (9, 1, True), (8, 2, False), (1, 1, True), (0, 2, False)],
)
def test_it_must_do_nineteen_in_twenty_and_of_few_all_but_one(
    done: int, left: int, passed: bool
) -> None:
    outcome = judged_step(once(Beat(ms=[10] * done, in_flight=left)), planned=done + left)
    assert outcome.passed is passed
    if not passed:
        assert outcome.reason == f"{done / 10:.1f}/s done of {(done + left) / 10:.1f}/s offered"


@pytest.mark.parametrize(
    ("done", "missed", "limit", "passed"),
    [
        (990, 10, "1%", True),
        (989, 11, "1%", False),
        (99, 1, "1%", True),
        (98, 2, "1%", False),
        (960, 40, "4%", True),
        (959, 41, "4%", False),
    ],
)
def test_it_may_miss_what_its_checks_allow(
    done: int, missed: int, limit: str, passed: bool
) -> None:
    beats = once(Beat(ms=[10] * done, missed=missed))
    line = f'metric: missed, expect: "<= {limit}"'
    outcome = judged_step(beats, line, planned=done + missed)
    assert outcome.passed is passed
    if not passed:
        assert outcome.reason.endswith(f" %, expected <= {limit}")


@pytest.mark.parametrize(("idle_s", "passed"), [(0.0, False), (0.5, None), (60.0, None)])
def test_what_the_generator_left_is_not_held_against_the_target(
    idle_s: float, passed: bool | None
) -> None:
    """Of a step of 10 s the arrivals of the last one are missed."""
    outcome = judged_step(
        lambda stage, second: (
            Beat(missed=50, idle_s=idle_s)
            if (stage.name, second) == ("hold", 9)
            else Beat(ms=[10] * 50)
        ),
        *['metric: missed, expect: "<= 1%"'],
    )
    assert outcome.passed is passed


def test_a_least_rate_is_of_the_hold_alone() -> None:
    """Of a step that is none: the first ones offer less."""
    figures = MadeRun().play(light(ramp_up="5s"), lambda stage, second: Beat(ms=[10] * 25))
    for metric in ("throughput", "goodput", "request_rate"):
        least = check(figures.scenario, f'metric: {metric}, expect: ">= 40/s"')
        assert judge_step(figures, figures.stages[0], [least]).passed


@pytest.mark.parametrize(
    ("line", "passed"),
    [
        ('metric: error_rate, expect: "<= 5%", stage: hold', False),
        ('metric: error_rate, expect: "<= 50%", stage: hold', True),
        ('metric: p99, expect: "<= 50ms", stage: hold', True),  # too few samples, in a step
        ('metric: p99, expect: "<= 50ms", stage: hold, for: 9s', True),  # a step is shorter
        ('metric: throughput, expect: ">= 60/s", stage: hold', True),
    ],
)
def test_what_the_hold_would_not_keep_a_step_does_not(line: str, passed: bool) -> None:
    """Else all steps pass, and each hold is a surprise."""
    beats = Beat(ms=[10] * 13, failed=12)
    figures = MadeRun().play(light(ramp_up="5s"), lambda stage, second: beats)
    assert judge_step(figures, figures.stages[0], [check(figures.scenario, line)]).passed is passed


def half_fail(stage: Stage, second: int) -> Beat:
    return Beat(ms=[10] * 25, failed=25)


def test_a_check_that_is_breached_is_the_reason() -> None:
    outcome = judged_step(half_fail, 'metric: error_rate, expect: "<= 5%"')
    assert outcome == StepOutcome(False, "error_rate 50 %, expected <= 5%")


def test_a_check_that_only_warns_decides_nothing() -> None:
    assert judged_step(half_fail, 'metric: error_rate, expect: "<= 5%", level: warn').passed


def test_a_check_that_is_open_leaves_the_step_open_unless_it_only_warns() -> None:
    few = once(Beat(ms=[10] * 20))
    line = 'metric: p99, expect: "<= 50ms"'
    outcome = judged_step(few, line, planned=20)
    assert outcome.passed is None
    assert outcome.reason.startswith("p99 undecided, 20 samples")
    assert judged_step(few, f"{line}, level: warn", planned=20).passed


def test_a_check_of_another_stage_is_not_of_this_step() -> None:
    assert judged_step(half_fail, 'metric: error_rate, expect: "<= 5%", stage: ramp-up').passed


@pytest.mark.parametrize("metric", ["throughput", "goodput", "request_rate"])
def test_a_least_rate_is_not_expected_of_a_step_that_offers_less(metric: str) -> None:
    figures = MadeRun().play(light(), planned())
    least = check(figures.scenario, f'metric: {metric}, expect: ">= 49/s"')
    ramp, hold = figures.stages
    assert judge_step(figures, ramp, [least]).passed
    assert judge_step(figures, hold, [least]).passed


def test_a_load_that_the_generator_did_not_make_says_nothing_of_the_target() -> None:
    stolen = judged_step(lambda stage, second: Beat(ms=[10] * 20))
    assert stolen.passed is None
    assert stolen.reason
