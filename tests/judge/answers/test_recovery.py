"""Spike: 5 s of baseline, 2 s of ramp, 15 s of spike, 8 s of recovery."""

from __future__ import annotations

from random import Random

import pytest
from made_check import check
from made_run import Beat, MadeRun, light, planned, spike

from jobload.judge.answers.answers import Answers
from jobload.judge.answers.recovery import Recovery, recovery
from jobload.judge.checks.check import evaluate
from jobload.plan.stage import Stage


def recovering(
    slow_s: int, *, rps: int = 100, ms: float = 500.0, failed: int = 0
) -> Recovery | None:
    """A recovery stage that is slow, or fails, for so many seconds."""

    def beats(stage: Stage, second: int) -> Beat:
        bad = stage.name == "spike" or (stage.name == "recovery" and second < slow_s)
        return Beat(ms=[ms if bad else 10.0] * rps, failed=failed if bad else 0)

    return recovery(MadeRun().play(spike(), beats))


@pytest.mark.parametrize("slow_s", [0, 1, 2, 5])
def test_recovery_is_the_time_until_latency_is_back(slow_s: int) -> None:
    found = recovering(slow_s)
    assert found is not None
    assert found.seconds == slow_s


def test_recovery_counts_from_the_very_start_of_its_stage() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        bad = stage.name == "spike" or (stage.name == "recovery" and second < 3)
        return Beat(ms=[500.0 if bad else 10.0] * 100)

    figures = MadeRun().play(spike(), beats)
    figures.stages[-1].started_s += 0.4
    found = recovery(figures)
    assert found is not None
    assert found.seconds == pytest.approx(2.6)


def test_recovery_is_found_where_old_seconds_were_taken_together() -> None:
    """In pairs, as of a run that is long: no window has two in a row."""
    plan = spike().model_copy(update={"recovery_s": 260.0, "duration_s": 282.0})

    def beats(stage: Stage, second: int) -> Beat:
        bad = stage.name == "spike" or (stage.name == "recovery" and second < 4)
        return Beat(ms=[500.0 if bad else 10.0] * 100)

    figures = MadeRun().play(plan, beats)
    figures.stages[-1].series.stages[figures.stages[-1].key].coarsen()
    found = recovery(figures)
    assert found is not None
    assert found.seconds == 4


def test_errors_must_be_back_too() -> None:
    found = recovering(3, ms=10.0, failed=20)
    assert found is not None
    assert found.seconds == 3


@pytest.mark.parametrize(
    ("ms", "failed", "seconds"),
    [(110.8, 0, 0), (111.3, 0, 3), (100.0, 1, 0), (100.0, 2, 3)],
)
def test_back_is_a_tenth_and_a_millisecond_or_a_percent_of_errors_above_the_baseline(
    ms: float, failed: int, seconds: float
) -> None:
    """Of 100 a second, each of 100 ms before the spike."""

    def beats(stage: Stage, second: int) -> Beat:
        if stage.name == "spike":
            return Beat(ms=[500.0] * 100)
        if stage.name == "recovery" and second < 3:
            return Beat(ms=[ms] * (100 - failed), failed=failed)
        return Beat(ms=[100.0] * 100)

    found = recovery(MadeRun().play(spike(), beats))
    assert found is not None
    assert found.seconds == seconds


def test_a_target_that_stays_slow_has_not_recovered() -> None:
    found = recovering(8)
    assert found is not None
    assert found.seconds is None
    assert "not back within the baseline's figures" in found.text
    assert "in 8 s" in found.text


def test_one_good_second_between_bad_ones_is_no_recovery() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        bad = stage.name == "spike" or (stage.name == "recovery" and second in (0, 2, 3))
        return Beat(ms=[500.0 if bad else 10.0] * 100)

    found = recovery(MadeRun().play(spike(), beats))
    assert found is not None
    assert found.seconds == 4


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({4: 500.0, 5: 500.0}, ", and no longer from 4 s on"),
        ({4: 500.0}, ""),
        ({4: 500.0, 6: 500.0}, ""),
        ({}, ""),
    ],
)
@pytest.mark.parametrize("rest", [100, 3])
def test_a_target_that_gets_worse_again_for_two_windows_is_told(
    bad: dict[int, float], told: str, rest: int
) -> None:
    """Of 100 a second, but for few in the last; a second is enough for a window."""

    def beats(stage: Stage, second: int) -> Beat:
        of_recovery = stage.name == "recovery"
        late_ms = 500.0 if stage.name == "spike" else bad.get(second, 10.0) if of_recovery else 10.0
        return Beat(ms=[late_ms] * (rest if of_recovery and second == 7 else 100))

    found = recovery(MadeRun().play(spike(), beats))
    assert found is not None
    assert found.seconds == 0
    assert found.text.endswith(f"after 0 s{told}")


@pytest.mark.parametrize(("failed", "told"), [(100, ", and no longer from 4 s on"), (3, "")])
def test_so_is_one_that_fails_in_all_and_has_no_latency_any_more(failed: int, told: str) -> None:
    def beats(stage: Stage, second: int) -> Beat:
        if stage.name == "recovery" and second >= 4:
            return Beat(failed=failed)
        return Beat(ms=[500.0 if stage.name == "spike" else 10.0] * 100)

    found = recovery(MadeRun().play(spike(), beats))
    assert found is not None
    assert found.text.endswith(f"after 0 s{told}")


def test_a_silent_target_has_not_recovered() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat(missed=40) if stage.name == "recovery" else Beat(ms=[10.0] * 100)

    found = recovery(MadeRun().play(spike(), beats))
    assert found is not None
    assert found.seconds is None


def test_a_low_rate_is_judged_in_longer_windows() -> None:
    """40/s: p95 needs 59 samples, so windows are 2 s; slow up to 3 s, back at 3 s."""
    found = recovering(3, rps=40)
    assert found is not None
    assert found.seconds == 3


def test_too_few_samples_in_the_baseline_tell_nothing() -> None:
    assert recovering(3, rps=5) is None


def test_a_scenario_without_a_recovery_stage_has_none() -> None:
    assert recovery(MadeRun().play(light(), planned())) is None


@pytest.mark.parametrize(
    ("found", "limit", "status", "text"),
    [
        (Recovery(3.0, 8.0, ""), "<= 5s", "PASS", "3.0 s"),
        (Recovery(6.0, 8.0, ""), "<= 5s", "FAIL", "6.0 s"),
        (Recovery(None, 8.0, ""), "<= 5s", "FAIL", "over 8.0 s"),
        (Recovery(None, 8.0, ""), "<= 20s", "INSUFFICIENT", "over 8.0 s"),
        (None, "<= 5s", "INSUFFICIENT", "no data"),
    ],
)
def test_a_check_of_the_recovery_time(
    found: Recovery | None, limit: str, status: str, text: str
) -> None:
    scenario = MadeRun().play(spike(), planned())
    spec = check(scenario.scenario, f'metric: recovery_time, expect: "{limit}"')
    outcome = evaluate(spec, scenario, answers=Answers(recovery=found))
    assert (outcome.status, outcome.actual_text) == (status, text)


@pytest.mark.parametrize(("rps", "seed"), [(15, 3), (20, 6), (20, 9), (28, 6), (30, 6), (60, 6)])
def test_arrivals_at_random_leave_a_target_calm_that_was_never_another(rps: int, seed: int) -> None:
    """Some windows have fewer than the 59 that each of the baseline has."""
    chance = Random(seed)

    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[10.0] * sum(chance.random() < rps / 1000 for _ in range(1000)))

    found = recovery(MadeRun().play(spike(), beats))
    assert found is not None
    assert found.seconds == 0


@pytest.mark.parametrize("silent", [Beat(missed=40), Beat(in_flight=40)])
def test_a_baseline_in_which_nothing_was_answered_has_no_calm_to_come_back_to(silent: Beat) -> None:
    """What waits has a p95, and nothing has a share of errors."""
    figures = MadeRun().play(
        spike(),
        lambda stage, second: silent if stage.name == "baseline" else planned()(stage, second),
    )
    assert recovery(figures) is None
