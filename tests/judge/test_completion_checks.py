"""Checks of the time until a followed job is done, against figures small enough to compute."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from made_check import check, judged
from made_run import MadeRun, light, planned

from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.judge.verdict import judge
from jobload.measure.completion import CompletionRecord
from jobload.measure.figures import RunFigures, ScenarioFigures
from jobload.plan.problem import PlanError

TIMES_MS = [100] * 50 + [200] * 30 + [400] * 19 + [5000]
"""Mean 50 + 60 + 76 + 50 = 236 / 1 ms per hundred: (5000 + 6000 + 7600 + 5000) / 100 = 236."""


def follower() -> RunFigures:
    """In hold 500 jobs were followed: 400 succeeded, 75 failed, 25 were abandoned."""
    run = MadeRun()
    run.play(light(users_mix={"JobFollower": 1}), planned())
    hold = run.scenarios[0].stages[1].record.completion
    hold.followed, hold.succeeded, hold.failed = 500, 400, 75
    hold.abandon("not-final", "", 25)
    for ms in TIMES_MS * 4:
        hold.time.record(ms * 1000)
    return run.end()


@pytest.fixture(scope="module")
def followed() -> ScenarioFigures:
    return follower().scenarios[0]


@pytest.mark.parametrize(
    ("metric", "limit", "value"),
    [
        ("completion_p50", "<= 9s", 100.0),
        ("completion_p80", "<= 9s", 200.0),
        ("completion_p95", "<= 9s", 400.0),
        ("completion_p99", "<= 9s", 400.0),
        ("completion_mean", "<= 9s", 236.0),
        ("completion_min", "<= 9s", 100.0),
        ("completion_max", "<= 9s", 5000.0),
        ("abandoned", "<= 25", 25.0),
        ("abandoned", "<= 5%", 5.0),
    ],
)
def test_a_metric_has_its_hand_computed_value(
    followed: ScenarioFigures, metric: str, limit: str, value: float
) -> None:
    outcome = judged(followed, f'metric: {metric}, expect: "{limit}"')
    assert outcome.actual == pytest.approx(value, rel=1 / 1024)
    assert outcome.status == "PASS"


@pytest.mark.parametrize(
    ("metric", "limit"),
    [
        ("completion_p95", "<= 399ms"),
        ("completion_mean", "< 235ms"),
        ("completion_max", "<= 4.9s"),
        ("abandoned", "<= 24"),
        ("abandoned", "<= 4.9%"),
    ],
)
def test_a_limit_can_be_breached(followed: ScenarioFigures, metric: str, limit: str) -> None:
    assert judged(followed, f'metric: {metric}, expect: "{limit}"').status == "FAIL"


def test_a_percentile_needs_as_many_jobs_as_any_other_needs_requests(
    followed: ScenarioFigures,
) -> None:
    outcome = judged(followed, 'metric: completion_p99.9, expect: "<= 9s"')
    assert outcome.status == "INSUFFICIENT"
    assert outcome.detail == "400 samples, 2,995 needed for completion_p99.9"


def test_a_stage_has_its_own_completion(followed: ScenarioFigures) -> None:
    in_ramp = judged(followed, 'metric: completion_p50, expect: "<= 9s", stage: ramp-up')
    assert in_ramp.status == "INSUFFICIENT"
    in_hold = judged(followed, 'metric: completion_p50, expect: "<= 9s", stage: hold')
    assert in_hold.actual == pytest.approx(100.0, rel=1 / 1024)


def test_what_leaves_a_completion_time_open_are_jobs() -> None:
    figures = follower().scenarios[0]
    given_up = figures.stages[1].record.completion.unsuccessful.to("given-up")
    given_up.upper.record(6_000_000, 9)
    given_up.lower.record(6_000_000, 9)
    outcome = judged(figures, 'metric: completion_max, expect: "<= 9s"')
    assert outcome.detail.startswith("9 of 409 jobs had not ended, or not begun, or were given up")


@pytest.mark.parametrize("metric", ["completion_mean", "abandoned"])
def test_where_no_job_was_followed_nothing_passes(metric: str) -> None:
    figures = MadeRun().play(light(users_mix={"JobFollower": 1}), planned())
    unit = "ms" if metric == "completion_mean" else "%"
    assert judged(figures, f'metric: {metric}, expect: "<= 9{unit}"').status == "INSUFFICIENT"


def test_the_response_time_is_another_figure(followed: ScenarioFigures) -> None:
    assert judged(followed, 'metric: p95, expect: "<= 11ms"').status == "PASS"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('metric: completion_p95, expect: "<= 9s", for: 5s', "kept for whole stages"),
        ('metric: completion_p95, expect: "<= 9s", grace: 5s', "kept for whole stages"),
        ('metric: abandoned, expect: "<= 1%", abort: true', "kept for whole stages"),
        (
            'metric: abandoned, expect: "<= 1%", endpoint: POST /api/v1/jobs',
            "kept for whole stages",
        ),
        ("metric: completion_p50, max_increase: 10%, min_delta: 5ms", "with a baseline"),
        ('metric: completion_p50, expect: "<= 9%"', "is a time"),
        ('metric: abandoned, expect: "<= 101%"', "between 0% and 100%"),
        ('metric: complete_p50, expect: "<= 9s"', "did you mean completion_p50"),
    ],
)
def test_what_can_not_be_checked_is_refused(line: str, sentence: str) -> None:
    with pytest.raises(PlanError, match=sentence):
        check(light(users_mix={"JobFollower": 1}), line)


@pytest.mark.parametrize(
    ("mix", "is_refused"),
    [
        ({"JobSubmitter": 1, "JobWatcher": 2}, True),
        ({"JobFollower": 1}, False),
        ({"Own": 1}, False),
    ],
    ids=str,
)
def test_a_scenario_that_follows_nothing_can_not_check_it(
    mix: dict[str, int], is_refused: bool
) -> None:
    line = 'metric: completion_p50, expect: "<= 9s"'
    if not is_refused:
        assert check(light(users_mix=mix), line).metric == "completion_p50"
        return
    with pytest.raises(PlanError, match="light has no JobFollower in its users_mix"):
        check(light(users_mix=mix), line)


@pytest.mark.parametrize(
    ("line", "implied"),
    [
        ('metric: p95, expect: "<= 9s"', True),
        ('metric: abandoned, expect: "<= 99%"', False),
        ('metric: abandoned, expect: "< 100%"', False),
        ('metric: abandoned, expect: "<= 100%"', True),
        ('metric: abandoned, expect: "<= 1000"', True),
        ('metric: abandoned, expect: "<= 5%", level: warn', True),
        ('metric: abandoned, expect: "<= 5%", stage: ramp-up', True),
    ],
)
def test_that_all_jobs_are_abandoned_is_bounded_by_a_check_of_its_own(
    line: str, implied: bool
) -> None:
    text = f"scenarios:\n  light:\n    - {{{line}}}\n"
    scenario = light(users_mix={"JobFollower": 1})
    checks = load_threshold_file("x", {"light": scenario}, text=text)["light"]
    found = [(each.metric, each.expect) for each in checks if each.implied]
    assert (("abandoned", "< 100%") in found) is implied


@pytest.mark.parametrize(("abandoned", "status"), [(500, "FAIL"), (499, "PASS")])
def test_a_run_in_which_all_jobs_were_abandoned_is_no_pass(abandoned: int, status: str) -> None:
    run = MadeRun()
    scenario = light(users_mix={"JobFollower": 1})
    run.play(scenario, planned())
    jobs = run.scenarios[0].stages[1].record.completion
    jobs.followed, jobs.failed = 500, 500 - abandoned
    jobs.abandon("no-status", "", abandoned)
    checks = load_threshold_file(None, {"light": scenario})
    assert judge(run.end(), checks).status == status


# --- conservation ---------------------------------------------------------------------------


def _one_less(field: str) -> Callable[[CompletionRecord], None]:
    return lambda record: setattr(record, field, getattr(record, field) - 1)


@pytest.mark.parametrize("field", ["followed", "succeeded", "failed", "abandoned"])
def test_a_followed_job_that_is_not_accounted_for_makes_the_run_invalid(field: str) -> None:
    run = follower()
    assert judge(run, {}).status == "PASS"
    _one_less(field)(run.scenarios[0].stages[1].record.completion)
    verdict = judge(run, {})
    broken = [check for check in verdict.validity if check.status == "FAIL"]
    assert [check.id for check in broken] == ["counts-reconciled"]
    assert "light/hold: followed jobs" in broken[0].actual or field == "succeeded"
    assert verdict.status == "INVALID"


def test_a_job_that_succeeded_has_a_time() -> None:
    run = follower()
    run.scenarios[0].stages[1].record.completion.time.record(1)
    assert judge(run, {}).status == "INVALID"
