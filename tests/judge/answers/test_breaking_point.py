"""Stress: 50, 100, 150, 200 users at 3/s each, steps of 15 s after ramps of 5 s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import pytest
from made_check import check
from made_run import Beat, Beats, MadeRun, light, planned, stress

from jobload.judge.answers.breaking_point import (
    BreakingPoint,
    breaking_point,
    has_collapsed,
    is_behind,
)
from jobload.judge.checks.check import evaluate_stages
from jobload.judge.verdict import judge
from jobload.measure.figures import StageFigures
from jobload.plan.scenario import Scenario
from jobload.plan.stage import Stage


def failing(shares: Mapping[str, float]) -> Beats:
    """As many arrivals as planned; of a step's a share fails."""

    def beats(stage: Stage, second: int) -> Beat:
        good = list(planned()(stage, second).ms)
        failed = round(len(good) * shares.get(stage.name, 0.0))
        return Beat(ms=good[failed:], failed=failed)

    return beats


def found(
    beats: Beats,
    scenario: Scenario | None = None,
    lines: Sequence[str] = (),
    only: Sequence[str] | None = None,
    ended_early: str | None = None,
    ended_by: str | None = None,
) -> BreakingPoint:
    scenario = scenario or stress()
    checks = [check(scenario, line) for line in lines]
    figures = MadeRun().play(scenario, beats, only=only, ended_early=ended_early)
    figures.ended_by = ended_by

    def passes(stage: StageFigures) -> bool:
        return all(evaluate_stages(spec, [stage]).status != "FAIL" for spec in checks)

    point = breaking_point(figures, passes)
    assert point is not None
    return point


def test_a_target_that_keeps_up_is_not_broken_up_to_the_last_step() -> None:
    point = found(planned())
    assert not point.reached
    assert point.text == "breaking point not reached up to concurrency 200, 600/s"
    assert point.last_passing is not None
    assert (point.last_passing.stage.users, point.last_passing.stage.rate) == (200, 600.0)
    assert (point.first_failing, point.knee, point.collapse) == (None, None, None)


def test_a_step_of_which_most_fails_is_the_breaking_point() -> None:
    point = found(failing({"step-150": 0.6, "step-200": 0.9}))
    assert point.text == "breaking point reached at concurrency 150"
    assert point.collapse is not None
    assert point.collapse.stage.users == 150
    assert point.collapse.error_rate_percent == pytest.approx(60.0)
    assert point.last_passing is not None
    assert point.last_passing.stage.rate == 300.0
    assert point.first_failing is not None
    assert point.first_failing.stage.rate == 450.0


def test_half_of_the_operations_is_not_most_of_them() -> None:
    assert not found(failing({"step-150": 0.5})).reached
    assert found(failing({"step-150": 0.506, "step-200": 0.506})).reached


def test_a_step_with_too_few_samples_for_a_check_has_not_passed() -> None:
    """150 of each step: each reply breaches the limit, and a p99 needs twice as many."""
    scenario, run = stress(), MadeRun()
    quick = {"step-50": 10.0}
    run.play(scenario, lambda stage, _: Beat(ms=[quick.get(stage.name, 300.0)] * 10))
    for metric, last in (("p99", None), ("p95", "step-50"), ("p90", "step-50")):
        spec = check(scenario, f'metric: {metric}, expect: "<= 100ms"')
        point = judge(run.end(), {"stress": [spec]}).scenarios[0].answers.breaking_point
        assert point is not None
        assert (point.last_passing and point.last_passing.name) == last
        assert (point.first_failing and point.first_failing.name) == (last and "step-100")


def test_the_interval_is_of_the_checks_when_they_fail_before_the_collapse() -> None:
    shares = {"step-100": 0.1, "step-150": 0.3, "step-200": 0.8}
    point = found(failing(shares), lines=['metric: error_rate, expect: "<= 5%"'])
    assert point.last_passing is not None
    assert point.first_failing is not None
    assert (point.last_passing.stage.users, point.first_failing.stage.users) == (50, 100)
    assert point.collapse is not None
    assert point.collapse.stage.users == 200


def test_a_first_step_that_fails_leaves_nothing_that_passes() -> None:
    point = found(failing({"step-50": 0.9, "step-100": 0.9, "step-150": 0.9, "step-200": 0.9}))
    assert point.last_passing is None
    assert point.first_failing is not None
    assert point.first_failing.stage.users == 50


def test_the_knee_is_the_first_step_whose_throughput_lags_behind_the_rate() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        arrivals = len(list(planned()(stage, second).ms))
        done = min(arrivals, 400)
        return Beat(ms=[10.0] * done, missed=arrivals - done)

    point = found(beats)
    assert point.knee is not None
    assert point.knee.stage.users == 150
    assert point.knee.throughput_rps == pytest.approx(400.0)
    assert not point.reached


@pytest.mark.parametrize(("done_of_100", "knee"), [(100, None), (94, "step-50")])
def test_replies_that_take_long_are_no_knee_of_a_target_that_takes_each_rate(
    done_of_100: int, knee: str | None
) -> None:
    """2 s for each, so that of the first step of 20 s a tenth ends in the next one."""
    plan = stress(ramp_up="0s")

    def beats(stage: Stage, second: int) -> Beat:
        rate = round(stage.rate or 0)
        done = rate * done_of_100 // 100
        return Beat(ms=[2000.0] * done, missed=rate - done)

    figures = MadeRun().play(plan, beats)
    flown = 0
    for stage in figures.stages:
        in_flight = stage.record.ended_good // 10
        stage.record.ended_good += flown - in_flight
        flown = in_flight
    point = breaking_point(figures, lambda _: True)
    assert point is not None
    assert (point.knee and point.knee.name) == knee


def test_a_generator_that_stands_still_as_a_step_ends_makes_no_knee() -> None:
    figures = MadeRun().play(stress(), planned())
    record = figures.stages[-1].record
    record.ended_good -= 1000
    record.behind_us = 10_000_000
    assert is_behind(figures, figures.stages[-1]) is None
    record.behind_us = 0
    assert is_behind(figures, figures.stages[-1]) is True


@pytest.mark.parametrize("rate_per_user", [1.0, 3.0])
def test_arrivals_at_random_are_no_knee_of_a_target_that_answers_each(rate_per_user: float) -> None:
    """Of 60 or 180 arrivals that are planned, some steps have 5 % less or more."""
    chance = Random(4)
    plan = stress(users=[*range(3, 13)], rate_per_user=rate_per_user, step="20s", ramp_up="0s")

    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[10.0] * sum(chance.random() < (stage.rate or 0) / 1e3 for _ in range(1000)))

    point = breaking_point(MadeRun().play(plan, beats), lambda _: True)
    assert point is not None
    assert point.knee is None


def test_the_knee_of_a_closed_model_is_the_step_that_adds_nothing() -> None:
    done = {"step-50": 100, "step-100": 190, "step-150": 195, "step-200": 190}

    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[10.0] * done.get(stage.name, 50))

    point = found(beats, stress(rate_per_user=None))
    assert point.knee is not None
    assert (point.knee.stage.users, point.knee.stage.rate) == (150, None)
    assert point.text == "breaking point not reached up to concurrency 200"


@pytest.mark.parametrize(
    ("done", "knee"), [((0, 1, 2, 3), None), ((100, 106, 112, 118), None), ((100, 104, 0, 0), 100)]
)
def test_a_step_of_a_closed_model_must_add_a_twentieth(
    done: tuple[int, ...], knee: int | None
) -> None:
    by_step = dict(zip(("step-50", "step-100", "step-150", "step-200"), done, strict=True))
    point = found(
        lambda stage, second: Beat(ms=[10.0] * by_step.get(stage.name, 0)),
        stress(rate_per_user=None),
    )
    assert (point.knee and point.knee.stage.users) == knee


@pytest.mark.parametrize(("most", "knee"), [(500, None), (482, 500), (440, 460)])
def test_few_more_users_of_a_closed_model_must_add_half_as_much(
    most: int, knee: int | None
) -> None:
    plan = stress(users=[420, 440, 460, 480, 500], rate_per_user=None, step="8s", ramp_up="0s")
    point = found(lambda stage, _: Beat(ms=[10.0] * min(stage.users, most)), plan)
    assert (point.knee and point.knee.stage.users) == knee


def test_a_collapse_lasts_for_three_windows() -> None:
    """95 % of the operations of the step fail in its second and third window alone."""

    def beats(stage: Stage, second: int) -> Beat:
        if stage.name == "step-200" and second >= 5:
            return Beat(failed=600)
        return Beat(ms=[10.0] * 60)

    figures = MadeRun().play(stress(), beats)
    step = figures.stages[-1]
    assert step.error_rate_percent is not None
    assert step.error_rate_percent > 90
    assert not has_collapsed(step)


def test_a_step_too_short_for_three_windows_collapses_as_a_whole() -> None:
    scenario = stress(step="8s", ramp_up="2s")
    figures = MadeRun().play(scenario, failing({"step-200": 0.7}))
    assert has_collapsed(figures.stages[-1])


def test_a_scenario_ended_for_its_errors_has_broken_though_late_replies_were_good() -> None:
    steps = ["ramp-50", "step-50", "ramp-100", "step-100"]
    beats = failing({"step-100": 0.45})
    assert not found(beats, only=steps).reached
    assert found(beats, only=steps, ended_early="breaking point reached").reached
    assert not found(beats, only=steps, ended_early="too slow", ended_by="stress/p99").reached


def test_a_step_without_any_reply_has_not_collapsed_by_this_rule() -> None:
    figures = MadeRun().play(stress(), lambda stage, second: Beat(missed=9))
    assert not any(has_collapsed(stage) for stage in figures.stages)


@pytest.mark.parametrize("rate_per_user", [3, None])
def test_a_target_that_lets_everybody_wait_for_a_whole_step_is_broken_there(
    rate_per_user: float | None,
) -> None:
    figures = MadeRun().play(
        stress(rate_per_user=rate_per_user),
        lambda s, second: Beat(missed=9) if s.name == "step-150" else Beat(ms=[10.0] * 60),
    )
    for stage in figures.stages:
        if stage.name == "step-150":
            stage.record.user_us = stage.record.other_use_us = 20_000_000
    point = breaking_point(figures, lambda stage: True)
    assert point is not None
    assert point.collapse is not None
    assert point.collapse.name == "step-150"


def test_other_scenarios_have_no_breaking_point() -> None:
    assert breaking_point(MadeRun().play(light(), planned()), lambda stage: True) is None
