"""Errors do not improve latency: what was given up or failed late is slow, and never fast."""

from __future__ import annotations

from typing import Any

import pytest
from made_check import judged
from made_run import Beat, Beats, MadeRun, light, planned, spike

from jobload.judge.answers.recovery import recovery
from jobload.judge.diagnosis import diagnosis
from jobload.measure.figures import ScenarioFigures
from jobload.measure.stage_record import StageRecord
from jobload.plan.stage import Stage


def from_second(at: int, beat: Beat) -> Beats:
    """So it is from that second of the judged stage on."""

    def beats(stage: Stage, second: int) -> Beat:
        return beat if stage.judged and second >= at else planned()(stage, second)

    return beats


def held(at: int, beat: Beat) -> ScenarioFigures:
    return MadeRun().play(light(), from_second(at, beat))


FROZEN = Beat(given_up=50)
"""Users enough: all are started, none is missed, and all time out."""
LATE_504 = Beat(failed=50, failed_ms=10_000, error="http-504")
"""Something in between gives up, and says so."""
CHECKS = [
    'metric: p99, expect: "<= 500ms"',
    'metric: mean, expect: "<= 100ms"',
    'metric: max, expect: "<= 500ms"',
    'metric: service_p99, expect: "<= 500ms"',
    'metric: p99, expect: "<= 500ms", endpoint: "POST /api/v1/jobs"',
    'metric: p99, expect: "<= 500ms", grace: 5s',
    'metric: p95, expect: "<= 500ms", for: 5s',
    'metric: p95, expect: "<= 500ms", within: "95%"',
    'metric: p95, expect: "<= 500ms", abort: true',
]


@pytest.mark.parametrize("beat", [FROZEN, LATE_504], ids=["given up", "answered too late"])
@pytest.mark.parametrize("line", CHECKS)
@pytest.mark.parametrize("at", [0, 14, 20])
def test_a_target_that_freezes_with_users_to_spare_breaches_every_limit_of_time(
    at: int, line: str, beat: Beat
) -> None:
    assert judged(held(at, beat), line).status == "FAIL"


def test_while_it_runs_the_breach_is_seen_too() -> None:
    figures = held(15, FROZEN)
    line = judged(figures, 'metric: p95, expect: "<= 500ms", for: 5s')
    assert line.detail == "2 windows in a row breached, 20–30 s of the run"


@pytest.mark.parametrize("workers", [("w1",), ("w1", "w2")])
def test_processes_put_what_they_gave_up_together(workers: tuple[str, ...]) -> None:
    figures = MadeRun(workers=workers).play(light(), from_second(20, FROZEN))
    outcome = judged(figures, 'metric: p99, expect: "<= 500ms"')
    assert outcome.status == "FAIL"
    assert outcome.detail.startswith(
        f"of {1250 * len(workers):,}, {250 * len(workers)} never ended"
    )


def test_the_figures_of_the_tables_stay_those_of_what_succeeded() -> None:
    figures = held(20, FROZEN)
    outcome = judged(figures, 'metric: p99, expect: "<= 500ms"')
    assert outcome.actual == pytest.approx(10.0, rel=0.001)
    assert outcome.actual_text == "10 ms, with the unfinished at least 2,000 ms"
    assert "given up" in outcome.detail


def test_what_was_given_up_below_the_limit_leaves_the_check_open() -> None:
    """Nobody knows whether the reply would have come within the limit."""
    outcome = judged(held(20, FROZEN), 'metric: p99, expect: "<= 5s"')
    assert (outcome.status, outcome.undecided_by) == ("INSUFFICIENT", "unfinished")


@pytest.mark.parametrize("share", [1, 10, 30])
@pytest.mark.parametrize("metric", ["p50", "p95", "p99", "mean", "max", "min", "service_p99"])
def test_quick_errors_leave_latency_as_it_is(metric: str, share: int) -> None:
    """Neither better, as fast as they were, nor open: the error rate is there for them."""
    figures = held(0, Beat(ms=[10.0] * (50 - share), failed=share, failed_ms=1.0))
    outcome = judged(figures, f'metric: {metric}, expect: "<= 11ms"')
    assert (outcome.status, outcome.detail) == ("PASS", "")
    assert judged(figures, f'metric: {metric}, expect: "<= 4ms"').status == "FAIL"


def test_errors_later_than_the_quickest_and_below_the_limit_change_nothing_either() -> None:
    figures = held(0, Beat(ms=[10.0] * 25, failed=25, failed_ms=90.0))
    outcome = judged(figures, 'metric: p50, expect: "<= 100ms"')
    assert (outcome.status, outcome.actual_text) == ("PASS", "10 ms")


def test_without_any_success_quick_errors_prove_nothing_of_time() -> None:
    outcome = judged(held(0, Beat(failed=50)), 'metric: p50, expect: "<= 500ms"')
    assert (outcome.status, outcome.actual_text) == ("INSUFFICIENT", "no data")


def test_without_any_success_what_was_given_up_proves_a_breach() -> None:
    assert judged(held(0, FROZEN), 'metric: p50, expect: "<= 500ms"').status == "FAIL"


def test_a_few_that_were_given_up_do_not_matter_for_a_percentile_below_them() -> None:
    figures = held(20, Beat(ms=[10.0] * 49, given_up=1))
    assert judged(figures, 'metric: p99, expect: "<= 500ms"').status == "PASS"
    assert judged(figures, 'metric: max, expect: "<= 500ms"').status == "FAIL"


@pytest.mark.parametrize("kind", ["given up", "failed"])
def test_the_generators_own_delay_in_them_decides_nothing(kind: str) -> None:
    """Without it they had lasted for 100 ms less."""
    ms: dict[str, Any] = {"timeout_ms": 550.0} if kind == "given up" else {"failed_ms": 550.0}
    count: dict[str, Any] = {"given_up": 5} if kind == "given up" else {"failed": 5}
    figures = held(0, Beat(ms=[200.0] * 45, own_ms=100.0, **ms, **count))
    assert judged(figures, 'metric: p95, expect: "<= 500ms"').status == "INSUFFICIENT"
    assert judged(figures, 'metric: p95, expect: "<= 400ms"').status == "FAIL"


def test_a_lower_limit_is_not_met_by_what_failed() -> None:
    figures = held(0, Beat(ms=[10.0] * 40, failed=10, failed_ms=900.0))
    assert judged(figures, 'metric: p99, expect: ">= 500ms"').status == "FAIL"


@pytest.mark.parametrize("beat", [Beat(given_up=40), Beat(failed=40, failed_ms=9e3)])
def test_a_target_that_answers_nothing_in_time_has_not_recovered(beat: Beat) -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return beat if stage.name == "recovery" else planned()(stage, second)

    found = recovery(MadeRun().play(spike(), beats))
    assert found is not None
    assert found.seconds is None


def test_the_diagnosis_is_a_slow_target() -> None:
    scenario = held(14, FROZEN)
    assert diagnosis(scenario, scenario.judged_stages[0], ()).cause == "target-slow"


# --- jobs that are followed -----------------------------------------------------------------------


def followed(given_up: int = 0, failed: int = 0, kept: int = 500) -> ScenarioFigures:
    """Jobs take 1 s; those not done in 30 s are abandoned, those that fail do so after 20 s."""
    scenario = MadeRun().play(light(users_mix={"JobFollower": 1}), planned())
    record: StageRecord = scenario.judged_stages[0].record
    done = record.completion
    done.followed, done.succeeded, done.failed = kept + given_up + failed, kept, failed
    done.time.record(1_000_000, kept)
    done.time_lower.record(1_000_000, kept)
    for _ in range(given_up):
        done.unsuccessful.to("given-up").add(30_000_000, 30_000_000)
        done.abandon("not-final", "still pending")
    for _ in range(failed):
        done.unsuccessful.to("failed").add(20_000_000, 20_000_000)
    return scenario


@pytest.mark.parametrize(
    ("jobs", "limit", "status"),
    [
        ({}, "2s", "PASS"),
        ({"given_up": 50}, "2s", "FAIL"),
        ({"given_up": 50}, "40s", "INSUFFICIENT"),
        ({"failed": 50}, "2s", "FAIL"),
        ({"failed": 50}, "40s", "PASS"),
    ],
)
def test_jobs_that_were_never_done_are_not_quick_ones(
    jobs: dict[str, int], limit: str, status: str
) -> None:
    found = judged(followed(**jobs), f'metric: completion_p99, expect: "<= {limit}"')
    assert found.status == status
