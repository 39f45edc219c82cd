from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import nan

import pytest
from made_check import check, judged
from made_run import Beat, Beats, MadeRun, light, spike, steady

from jobload.judge.checks.check import evaluate, evaluate_stages
from jobload.judge.stretches.reading import read
from jobload.judge.stretches.stretch import Stretch
from jobload.measure.figures import ScenarioFigures
from jobload.measure.stage_record import StageRecord
from jobload.plan.scenario import load_scenario
from jobload.plan.stage import Stage


def slow_in(seconds: Iterable[int], ms: float = 300.0, rps: int = 100) -> Beats:
    """Response times of 10 ms, but for some seconds of the hold."""
    slow = set(seconds)

    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[ms if stage.judged and second in slow else 10.0] * rps)

    return beats


def held(beats: Beats) -> ScenarioFigures:
    """Light: 5 s of ramp, then 25 s of hold, five windows of 5 s."""
    return MadeRun().play(light(), beats)


FOR_10S = 'metric: p95, expect: "<= 100ms", for: 10s'


@pytest.mark.parametrize(
    ("slow", "status"),
    [
        (range(5), "PASS"),
        (range(10), "FAIL"),
        (range(5, 15), "FAIL"),
        (range(15, 25), "FAIL"),
        ([*range(5), *range(10, 15), *range(20, 25)], "PASS"),
        (range(3, 12), "FAIL"),
        ([0], "PASS"),
    ],
)
def test_for_needs_every_window_in_a_row(slow: Iterable[int], status: str) -> None:
    assert judged(held(slow_in(slow)), FOR_10S).status == status


def test_the_stretch_of_a_breach_is_named_in_seconds_of_the_run() -> None:
    outcome = judged(held(slow_in(range(5, 15))), FOR_10S)
    assert outcome.detail == "2 windows in a row breached, 10–20 s of the run"
    assert outcome.actual == pytest.approx(300, rel=1 / 1024)


def test_one_window_that_is_enough_is_told_as_one() -> None:
    outcome = judged(held(slow_in(range(5))), 'metric: p95, expect: "<= 100ms", for: 5s')
    assert outcome.detail == "1 window breached, 5–10 s of the run"


def test_a_last_stretch_of_errors_is_seen_however_long_the_stage() -> None:
    """k6's issue 2379: 5 s of nothing but errors are 20 % of this stage and all of its end."""

    def beats(stage: Stage, second: int) -> Beat:
        broken = stage.judged and second >= 20
        return Beat(ms=[] if broken else [10.0] * 100, failed=100 if broken else 0)

    scenario = held(beats)
    assert judged(scenario, 'metric: error_rate, expect: "<= 50%"').status == "PASS"
    assert judged(scenario, 'metric: error_rate, expect: "<= 50%", for: 5s').status == "FAIL"


def test_a_stretch_that_is_no_multiple_of_the_window_takes_one_more() -> None:
    line = 'metric: p95, expect: "<= 100ms", for: 12s'
    assert judged(held(slow_in(range(10))), line).status == "PASS"
    assert judged(held(slow_in(range(15))), line).status == "FAIL"


def test_grace_counts_from_the_start_of_the_stage() -> None:
    slow_start = held(slow_in(range(10)))
    assert judged(slow_start, FOR_10S).status == "FAIL"
    assert judged(slow_start, f"{FOR_10S}, grace: 5s").status == "PASS"
    assert judged(slow_start, f"{FOR_10S}, grace: 10s").status == "PASS"
    assert judged(held(slow_in(range(5, 15))), f"{FOR_10S}, grace: 5s").status == "FAIL"


def test_grace_without_windows_leaves_the_rest_of_the_stage() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[10.0] * 80, failed=20 if stage.judged and second < 5 else 0)

    scenario = held(beats)
    assert judged(scenario, 'metric: error_rate, expect: "<= 1%"').status == "FAIL"
    graced = judged(scenario, 'metric: error_rate, expect: "<= 1%", grace: 5s')
    assert (graced.status, graced.actual) == ("PASS", 0.0)
    throughput = judged(scenario, 'metric: throughput, expect: ">= 1/s", grace: 5s')
    assert throughput.actual == pytest.approx(80.0)


@pytest.mark.parametrize("metric", ["p95", "max", "error_rate"])
def test_nothing_is_judged_of_a_stage_that_is_shorter_than_the_grace(metric: str) -> None:
    stages = [{"name": "a", "duration": "3s"}, {"name": "b", "duration": "20s"}]
    each = [{**stage, "users": 10, "rate": 50} for stage in stages]
    scenario = load_scenario({"name": "two", "shape": "staged", "stages": each})

    def beats(stage: Stage, second: int) -> Beat:
        stands = stage.name == "a" and second
        return Beat(failed=10, missed=40) if stands else Beat(ms=[10.0] * 50)

    limit = "<= 1%" if metric == "error_rate" else "<= 100ms"
    figures = MadeRun().play(scenario, beats)
    assert judged(figures, f'metric: {metric}, expect: "{limit}"').status == "FAIL"
    assert judged(figures, f'metric: {metric}, expect: "{limit}", grace: 5s').status == "PASS"


def test_arrivals_that_were_planned_in_the_grace_are_not_missed_after_it() -> None:
    figures = held(lambda stage, _: Beat(missed=50) if stage.judged else Beat(ms=[10.0] * 50))
    outcome = judged(figures, 'metric: missed, expect: "<= 1010", grace: 5s')
    assert (outcome.status, outcome.actual) == ("PASS", 1000)
    assert judged(figures, 'metric: missed, expect: "<= 1%", grace: 5s').status == "FAIL"


def test_an_arrival_that_came_due_as_the_stage_ended_is_in_no_share_with_grace_either() -> None:
    figures = held(lambda *_: Beat(ms=[10.0] * 2))
    hold = figures.judged_stages[0]
    hold.record.missed, hold.record.unstarted = 1, {round(hold.ended_s) - 1: 1}
    hold.record.not_ended(0.001)
    assert judged(figures, 'metric: missed, expect: "<= 1%", grace: 5s').status == "PASS"
    assert judged(figures, 'metric: missed, expect: "<= 0", grace: 5s').status == "FAIL"


def test_without_a_rate_a_target_that_keeps_all_users_is_seen_after_the_grace() -> None:
    run = MadeRun()
    figures = run.play(
        light().without_rate(),
        lambda stage, second: Beat(missed=0 if second else 10) if stage.judged else Beat(ms=[10.0]),
    )
    assert judged(figures, 'metric: missed, expect: "<= 1%", grace: 5s').status == "FAIL"


def test_a_window_with_too_few_samples_counts_neither_way() -> None:
    """p99 needs 299 samples: windows of 100 are skipped, and do not break a row of breaches."""

    def beats(stage: Stage, second: int) -> Beat:
        quiet = stage.judged and 5 <= second < 10
        slow = stage.judged and second < 15
        return Beat(ms=[300.0 if slow else 10.0] * (20 if quiet else 100))

    line = 'metric: p99, expect: "<= 100ms", for: 10s'
    assert judged(held(beats), line).status == "FAIL"
    longer = judged(held(beats), 'metric: p99, expect: "<= 100ms", for: 15s')
    assert longer.status == "PASS"
    assert longer.detail == (
        "worst of 4 windows of 5 s; 1 more has too few samples; 2 breached, at most 2 in a row, 3"
        " needed to fail"
    )
    share = judged(held(beats), 'metric: p99, expect: "<= 100ms", within: 50%')
    assert share.status == "PASS"
    assert share.detail == "2 of 4 windows of 5 s meet it; 1 more has too few samples"


@pytest.mark.parametrize(("slow", "actual"), [(range(25), 300.0), ((), 10.0)])
def test_what_too_few_windows_have_samples_to_breach_is_no_pass(
    slow: Iterable[int], actual: float
) -> None:
    """Only the first window of the hold has the 299 samples of a p99."""

    def beats(stage: Stage, second: int) -> Beat:
        ms = 300.0 if stage.judged and second in slow else 10.0
        return Beat(ms=[ms] * (100 if second < 5 else 20))

    outcome = judged(held(beats), 'metric: p99, expect: "<= 100ms", for: 10s')
    assert outcome.status == "INSUFFICIENT"
    assert outcome.actual == pytest.approx(actual, rel=1e-3)
    assert outcome.detail == (
        "1 of 5 windows of 5 s has 299 samples, 2 of one stage needed for a breach"
    )
    status = "FAIL" if slow else "PASS"
    assert judged(held(beats), 'metric: p99, expect: "<= 100ms", for: 5s').status == status
    assert judged(held(beats), 'metric: p99, expect: "<= 100ms", within: 60%').status == status
    assert judged(held(beats), 'metric: p99, expect: "<= 100ms", abort: true').status == status


def test_a_stage_too_short_for_a_breach_leaves_that_to_the_others() -> None:
    """Spike: 1 window of baseline, 3 of spike, 1 of recovery; those of the spike have too few."""
    figures = MadeRun().play(
        spike(), lambda stage, _: Beat(ms=[10.0] * (5 if stage.name == "spike" else 100))
    )
    assert judged(figures, FOR_10S).status == "INSUFFICIENT"
    by_itself = check(figures.scenario, FOR_10S)
    alone = {s.name: evaluate_stages(by_itself, [s]).status for s in figures.judged_stages}
    assert alone == {"baseline": "PASS", "spike": "INSUFFICIENT", "recovery": "PASS"}


def test_while_a_stage_runs_its_windows_may_still_come() -> None:
    hold = held(steady(rps=100)).stages[1]
    spec = check(light(), f"{FOR_10S}, abort: true")
    assert evaluate_stages(spec, [hold], 10.0).status == "PASS"


def test_windows_that_all_have_too_few_samples_are_insufficient() -> None:
    outcome = judged(held(steady(rps=50)), 'metric: p99, expect: "<= 1ms", for: 5s')
    assert outcome.status == "INSUFFICIENT"
    assert outcome.detail == "none of 5 windows of 5 s has 299 samples"
    longer = judged(held(steady(rps=50)), 'metric: p99, expect: "<= 1ms", for: 10s, window: 10s')
    assert longer.status == "FAIL"


@pytest.mark.parametrize(
    ("slow", "share", "status"),
    [
        ([], "100%", "PASS"),
        (range(5), "100%", "FAIL"),
        (range(5), "80%", "PASS"),
        (range(5), "81%", "FAIL"),
        ([*range(5), *range(20, 25)], "60%", "PASS"),
        ([*range(5), *range(20, 25)], "80%", "FAIL"),
    ],
)
def test_within_is_the_share_of_windows_that_meet_it(
    slow: Iterable[int], share: str, status: str
) -> None:
    line = f'metric: p95, expect: "<= 100ms", within: "{share}"'
    assert judged(held(slow_in(slow)), line).status == status


def test_the_share_is_over_the_windows_of_all_judged_stages() -> None:
    """Spike: 1 window of baseline, 3 of spike, 1 of recovery."""

    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[300.0 if stage.name == "baseline" else 10.0] * 100)

    scenario = MadeRun().play(spike(), beats)
    outcome = judged(scenario, 'metric: p95, expect: "<= 100ms", within: "80%"')
    assert (outcome.status, outcome.actual) == ("PASS", 80.0)


def test_a_row_does_not_reach_from_one_stage_into_the_next() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        slow = stage.name == "baseline" or (stage.name == "spike" and second < 5)
        return Beat(ms=[300.0 if slow else 10.0] * 100)

    scenario = MadeRun().play(spike(), beats)
    assert judged(scenario, FOR_10S).status == "PASS"


def test_a_window_without_a_single_end_breaches_a_throughput() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        frozen = stage.judged and 5 <= second < 10
        return Beat(missed=100) if frozen else Beat(ms=[10.0] * 100)

    line = 'metric: throughput, expect: ">= 40/s", for: 5s'
    outcome = judged(held(beats), line)
    assert (outcome.status, outcome.actual) == ("FAIL", 0.0)
    assert judged(held(beats), 'metric: throughput, expect: "<= 400/s", for: 5s').status == "PASS"


def test_arrivals_that_were_never_offered_leave_a_throughput_open() -> None:
    """Whatever a target does, they are: so the generator stood still."""

    def beats(stage: Stage, second: int) -> Beat:
        stands_still = stage.judged and 5 <= second < 10
        return Beat(ms=[10.0] * (2 if stands_still else 50))

    line = 'metric: throughput, expect: ">= 40/s", for: 5s'
    assert judged(held(beats), line).status == "INSUFFICIENT"
    assert judged(held(beats), 'metric: throughput, expect: ">= 60/s", for: 5s').status == "FAIL"


@pytest.mark.parametrize("within", ["for: 5s", "within: 100%", "abort: true"])
@pytest.mark.parametrize("metric", ["p98", "p99", "mean", "max"])
@pytest.mark.parametrize(("ms", "status"), [(90.0, "PASS"), (300.0, "FAIL")])
def test_what_is_under_way_at_the_end_of_a_window_is_judged_in_the_one_it_ends_in(
    metric: str, within: str, ms: float, status: str
) -> None:
    """With 100/s of 90 ms there are nine: more than one of a hundred of any window of 5 s."""

    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[ms] * 100, under_way=9 if second < stage.duration_s - 1 else 0)

    line = f'metric: {metric}, expect: "<= 100ms", {within}'
    assert judged(held(beats), line).status == status


def test_a_window_in_which_nothing_has_ended_does_not_hold_by_what_is_under_way() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        stands = stage.judged and second < 5
        return Beat(ms=[] if stands else [10.0] * 100, under_way=100 if stands else 0)

    outcome = judged(held(beats), 'metric: p95, expect: "<= 100ms", within: 100%')
    assert outcome.status == "INSUFFICIENT"
    assert outcome.detail.startswith("4 of 5 windows of 5 s meet it; 1 undecided")


def test_a_least_time_is_not_breached_by_what_is_under_way() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[90.0] * 100, under_way=90 if second < stage.duration_s - 1 else 0)

    outcome = judged(held(beats), 'metric: p1, expect: ">= 20ms", abort: true')
    assert outcome.status != "FAIL"


def test_abort_alone_is_breached_by_any_window() -> None:
    line = 'metric: p95, expect: "<= 100ms", abort: true'
    assert judged(held(slow_in(range(5, 10))), line).status == "FAIL"
    assert judged(held(slow_in([])), line).status == "PASS"


def test_a_running_stage_is_judged_by_its_whole_windows_so_far() -> None:
    scenario = held(slow_in(range(5, 15)))
    spec = check(scenario.scenario, f"{FOR_10S}, abort: true")
    hold = scenario.stages[1]
    assert evaluate_stages(spec, [hold], 9.9).status == "INSUFFICIENT"
    assert evaluate_stages(spec, [hold], 15.0).status == "PASS"
    assert evaluate_stages(spec, [hold], 19.9).status == "PASS"
    assert evaluate_stages(spec, [hold], 20.0).status == "FAIL"


def test_each_window_excuses_its_share_of_the_arrivals_that_the_generator_kept_waiting() -> None:
    """40 were missed in four windows, and users were free for 200 ms: 20 operations of 10 ms."""

    def beats(stage: Stage, second: int) -> Beat:
        missed = 10 if stage.judged and second in (0, 5, 10, 15) else 0
        return Beat(ms=[10.0] * 20, missed=missed, idle_s=0.05 if missed else 0.0)

    for limit, status in (("<= 4%", "FAIL"), ("<= 5%", "INSUFFICIENT"), ("<= 9.1%", "PASS")):
        line = f'metric: missed, expect: "{limit}", for: 5s, window: 5s'
        assert judged(held(beats), line).status == status


def test_a_share_is_proven_breached_only_when_the_rest_can_not_mend_it() -> None:
    scenario = held(slow_in(range(10)))
    line = 'metric: p95, expect: "<= 100ms", within: "60%", abort: true'
    hold = scenario.stages[1]
    assert evaluate_stages(check(scenario.scenario, line), [hold], 15.0).status == "PASS"
    stricter = replace(check(scenario.scenario, line), within_percent=61.0)
    assert evaluate_stages(stricter, [hold], 10.0).status == "PASS"
    assert evaluate_stages(stricter, [hold], 15.0).status == "FAIL"


def test_windows_fit_a_stage_that_begins_between_two_seconds() -> None:
    """A stage from 5.4 to 30.4 s has five windows, the first of them 4.6 s long."""
    scenario = held(slow_in([]))
    hold = scenario.stages[1]
    hold.started_s, hold.ended_s = 5.4, 30.4
    outcome = judged(scenario, 'metric: throughput, expect: "<= 999/s", for: 5s')
    assert outcome.detail == "worst of 5 windows of 5 s"
    assert outcome.actual == pytest.approx(500 / 4.6)


def test_nan_is_no_figure() -> None:
    broken = Stretch(seconds=nan, arrivals=StageRecord(ended_good=5))
    spec = check(light(), 'metric: throughput, expect: ">= 1/s"')
    assert read(spec, broken).value is None
    assert not spec.holds(nan)


RISE = "max_increase: 10%, min_delta: 5ms"


@pytest.mark.parametrize(
    ("before", "now", "status"),
    [
        (100.0, 100.0, "PASS"),
        (100.0, 109.0, "PASS"),
        (100.0, 110.0, "PASS"),
        (100.0, 110.2, "FAIL"),
        (100.0, 120.0, "FAIL"),
        (10.0, 14.0, "PASS"),
        (200.0, 210.0, "PASS"),
        (100.0, 50.0, "PASS"),
    ],
)
def test_a_change_must_be_large_in_proportion_and_in_itself(
    before: float, now: float, status: str
) -> None:
    scenario = held(steady(ms=now))
    spec = check(scenario.scenario, f"metric: p95, {RISE}")
    assert evaluate(spec, scenario, baseline=lambda spec: before).status == status


@pytest.mark.parametrize(("now", "status"), [(199.5, "PASS"), (200.5, "FAIL")])
def test_a_rise_by_a_hundred_percent_doubles(now: float, status: str) -> None:
    scenario = held(steady(ms=now))
    spec = check(scenario.scenario, "metric: p95, max_increase: 100%, min_delta: 5ms")
    assert evaluate(spec, scenario, baseline=lambda spec: 100.0).status == status


def test_a_fall_is_judged_by_max_decrease() -> None:
    scenario = held(steady(rps=40, missed=10))
    spec = check(scenario.scenario, 'metric: throughput, max_decrease: 10%, min_delta: "5/s"')
    assert evaluate(spec, scenario, baseline=lambda spec: 50.0).status == "FAIL"
    assert evaluate(spec, scenario, baseline=lambda spec: 200.0).status == "FAIL"
    assert evaluate(spec, scenario, baseline=lambda spec: 44.0).status == "PASS"
    assert evaluate(spec, scenario, baseline=lambda spec: 30.0).status == "PASS"


@pytest.mark.parametrize(
    ("before", "status"),
    [(500.0, "PASS"), (480.0, "PASS"), (400.0, "PASS"), (500.3, "FAIL"), (600.0, "FAIL")],
)
def test_a_fall_that_is_small_in_proportion_is_none(before: float, status: str) -> None:
    """Of 450 a second, by far more than the least difference."""
    scenario = held(steady(rps=450))
    spec = check(scenario.scenario, 'metric: throughput, max_decrease: 10%, min_delta: "5/s"')
    assert evaluate(spec, scenario, baseline=lambda spec: before).status == status


def test_without_a_baseline_a_change_is_undecided() -> None:
    scenario = held(steady())
    outcome = judged(scenario, f"metric: p95, {RISE}")
    assert outcome.status == "INSUFFICIENT"
    assert "--baseline" in outcome.detail
