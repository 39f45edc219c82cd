"""Who is blamed, for runs in virtual time with one thing wrong in each."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from causes import OF_THE_GENERATOR, RIGHT_SHARE, STRENGTHS, matrix, right_share, wrong
from made_check import check
from made_run import Beat, Beats, MadeRun, endurance, light, planned, spike
from virtual_causes import CHECKS, PROCESSES, diagnosed, play, run, runs

from jobload.judge.checks.window_log import WindowLog
from jobload.judge.diagnosis import diagnosis
from jobload.judge.hidden_standstill import hidden_standstill
from jobload.judge.verdict import ScenarioVerdict, judge
from jobload.measure.ledger import Audit
from jobload.measure.stage_record import StageRecord
from jobload.plan.scenario import Scenario, load_scenario
from jobload.plan.stage import Stage

played = cache(play)
"""Several tests judge the same run, each by other checks."""


def few_quickly(*seeds: int) -> list[Any]:
    """The first of them; `make quick` leaves out the others."""
    return [seeds[0], *(pytest.param(seed, marks=pytest.mark.slow) for seed in seeds[1:])]


@pytest.mark.slow
def test_one_thing_wrong_is_found_and_the_right_one_is_blamed() -> None:
    made = runs(rounds=2, seed=100)
    assert right_share(made) >= RIGHT_SHARE, "\n".join([*matrix(made), *wrong(made)])
    assert not [str(each) for each in made if each.blames_the_wrong_one]


@pytest.mark.parametrize("seed", few_quickly(*range(10)))
@pytest.mark.parametrize("processes", [1, 2])
def test_a_target_that_freezes_in_mid_second_is_never_the_generators_doing(
    processes: int, seed: int
) -> None:
    """Users were idle in that second before, while the process stood still for 4 ms."""
    made = run("target-slow", 2, processes, seed)
    assert (made.diagnosed, made.verdict) == ("target-slow", "FAIL")


@pytest.mark.slow
@pytest.mark.parametrize(
    "check",
    [
        {"metric": "p95", "expect": "<= 100ms", "for": "1s", "window": "1s"},
        {"metric": "p95", "expect": "<= 100ms", "within": "90%", "window": "1s"},
        {"metric": "p95", "expect": "<= 100ms", "grace": "1s"},
        {"metric": "missed", "expect": "<= 5%", "for": "1s", "window": "1s"},
        {"metric": "missed", "expect": "<= 5%", "within": "90%", "window": "1s"},
        {"metric": "throughput", "expect": ">= 90/s", "for": "1s", "window": "1s"},
    ],
    ids=lambda check: " ".join(check.values()),
)
def test_in_windows_too_the_right_one_is_blamed(check: dict[str, str]) -> None:
    made = [
        diagnosed(played(cause, strength, processes, 1000), cause, strength, processes, [check])
        for cause in ("none", "too-few-users", *OF_THE_GENERATOR)
        for strength in STRENGTHS
        for processes in PROCESSES
    ]
    assert right_share(made) >= RIGHT_SHARE, "\n".join([*matrix(made), *wrong(made)])
    assert not [str(each) for each in made if each.blames_the_wrong_one]


@pytest.mark.parametrize("seed", few_quickly(2, 5, 7, 8))
@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("processes", PROCESSES)
@pytest.mark.parametrize("how", [{"for": "1s"}, {"within": "80%"}], ids=str)
def test_a_pause_over_the_edge_of_a_second_leaves_each_second_what_was_done_in_it(
    how: dict[str, str], processes: int, strength: int, seed: int
) -> None:
    """It was told as all of the later one, so the earlier one had a throughput of nothing."""
    check = {"metric": "throughput", "expect": ">= 80/s", "window": "1s"} | how
    figures = played("generator-paused", strength, processes, seed)
    made = diagnosed(figures, "generator-paused", strength, processes, [*CHECKS, check])
    assert (made.diagnosed, made.verdict) == ("generator-paused", "INVALID")


def test_a_process_that_gets_less_than_a_core_lacks_cpu_time_all_the_same() -> None:
    """It used 80 %, others the rest, and for all arrivals it would have needed three times that."""
    scenario = MadeRun().play(
        light(), lambda *_: Beat(ms=[10.0] * 16, missed=34, idle_s=9.0, cpu_s=0.8)
    )
    found = diagnosis(scenario, scenario.stages[-1], ())
    assert found.cause == "generator-cpu"
    assert "used 80% of a core" in found.sentence
    assert "would have taken 250%" in found.sentence


@pytest.mark.parametrize(
    ("started", "offered", "told"), [(0, 0, "90%"), (0, 50, "90%"), (1, 1, "90%"), (1, 2, "180%")]
)
def test_what_a_process_would_have_needed_is_told_by_what_it_has_started(
    started: int, offered: int, told: str
) -> None:
    """Of one that started nothing nobody knows it."""
    scenario = MadeRun().play(light(), lambda *_: Beat(ms=[250.0] * 50, own_ms=240.0, cpu_s=0.1))
    hold = scenario.stages[-1]
    few = StageRecord(started=started, offered=offered, cpu_s=22.5, wall_s=25.0)
    hold.by_worker = {**hold.by_worker, "few": few}
    assert f"few used 90% of a core, and all that it was offered would have taken {told};" in (
        diagnosis(scenario, hold, ()).sentence
    )


def test_a_stage_that_was_ended_early_is_not_the_doing_of_a_generator_that_stood_still() -> None:
    scenario = MadeRun().play(light(), lambda *_: Beat(ms=[10.0] * 50))
    hold = scenario.stages[-1]
    hold.ended_s -= 20.0
    hold.record.offered -= 1000
    assert diagnosis(scenario, hold, ()).cause == "none"


def test_a_generator_that_offered_less_and_never_stood_still_is_not_told_to_have_paused() -> None:
    scenario = MadeRun().play(light(), lambda *_: Beat(ms=[10.0] * 30))
    found = diagnosis(scenario, scenario.stages[-1], ())
    assert found.sentence.startswith("generator: 750 of 1,250 planned arrivals were offered")


@pytest.mark.parametrize(
    ("offered", "cause"), [(20, "none"), (40, "none"), (95, "generator-paused")]
)
def test_users_that_come_once_a_second_are_no_generator_that_lost_a_process(
    offered: int, cause: str
) -> None:
    """Of three users in a ramp of a second two are there for all of it, or one."""
    scenario = MadeRun().play(
        light(users=3, rate=60.0, ramp_up="1s"),
        lambda stage, _: Beat(ms=[10.0] * (60 if stage.judged else offered)),
    )
    assert diagnosis(scenario, scenario.stages[0], ()).cause == cause


def test_a_generator_that_offered_less_and_stood_still_is_told_for_how_long() -> None:
    scenario = MadeRun().play(light(), lambda *_: Beat(ms=[10.0] * 30))
    scenario.stages[-1].record.loop_lag.record(200_000)
    found = diagnosis(scenario, scenario.stages[-1], ())
    assert found.sentence.startswith("generator: paused: it stood still for up to 200 ms")


@pytest.mark.parametrize(
    ("ms", "own_ms", "cause"),
    [(60.0, 25.0, "generator-paused"), (60.0, 15.0, "none"), (12.0, 9.0, "none")],
)
def test_what_the_generator_adds_is_told_above_ten_milliseconds_and_half_of_the_targets(
    ms: float, own_ms: float, cause: str
) -> None:
    scenario = MadeRun().play(light(), lambda *_: Beat(ms=[ms] * 50, own_ms=own_ms))
    assert diagnosis(scenario, scenario.stages[-1], ()).cause == cause


def test_without_a_rate_no_arrival_is_too_many() -> None:
    scenario = MadeRun().play(light().without_rate(), lambda *_: Beat(ms=[10.0] * 50))
    assert diagnosis(scenario, scenario.stages[-1], ()).cause == "none"


def test_a_generator_that_did_not_harm_is_not_blamed() -> None:
    scenario = MadeRun().play(light(), lambda *_: Beat(ms=[10.0] * 50, cpu_s=0.95))
    assert diagnosis(scenario, scenario.stages[-1], ()).cause == "none"


@pytest.mark.parametrize(
    ("stolen_s", "told"),
    [(0.25, "percentile"), (5.0, "percentile; its hypervisor gave 20% of the CPU time to others")],
)
def test_a_generator_that_stood_still_is_told_by_how_much_and_who_took_its_time(
    stolen_s: float, told: str
) -> None:
    """Of 25 s, in half of which it computed; one in a hundred is not worth telling."""
    scenario = MadeRun().play(light(), lambda *_: Beat(ms=[250.0] * 50, own_ms=240.0, cpu_s=0.5))
    hold = scenario.stages[-1]
    for record in hold.by_worker.values():
        record.stolen_s, record.wall_s = stolen_s, 25.0
    hold.record.loop_lag.record(250_000)
    found = diagnosis(scenario, hold, ())
    assert found.cause == "generator-paused"
    added = "it stood still for up to 250 ms; it added 240.0 ms to the 99th "
    assert found.sentence == f"generator: paused: {added}{told}"


@pytest.mark.parametrize(
    ("limit_ms", "cause"),
    [(150.4, "target-slow"), (150.6, "too-few-users"), (290, "too-few-users")],
)
def test_few_users_are_not_blamed_where_the_target_alone_takes_too_long(
    limit_ms: float, cause: str
) -> None:
    """10 users for 50/s; of each 301 ms the target takes 150.5 for the attempt itself."""
    scenario = MadeRun().play(light(), lambda *_: Beat(ms=[301.0] * 33, missed=17))
    spec = check(scenario.scenario, f'metric: p99, expect: "<= {limit_ms}ms"')
    assert diagnosis(scenario, scenario.stages[-1], [spec]).cause == cause


@pytest.mark.parametrize(
    "line",
    [
        'metric: missed, expect: "<= 5%"',
        'metric: throughput, expect: ">= 49/s"',
        'metric: max, expect: "<= 140ms"',
        "metric: p99, max_increase: 10%, min_delta: 5ms",
    ],
)
def test_few_users_are_blamed_by_checks_that_no_percentile_of_replies_can_breach(line: str) -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[300.0] * 33, missed=17) if stage.judged else planned(300.0)(stage, second)

    assert fails(light(), beats, line, baseline=10.0).diagnosis.cause == "too-few-users"


@pytest.mark.parametrize(("missed", "cause"), [(1, "none"), (2, "too-few-users")])
def test_just_one_of_a_hundred_missed_is_nobodys_doing(missed: int, cause: str) -> None:
    scenario = MadeRun().play(
        light(rate=100.0), lambda *_: Beat(ms=[150.0] * (100 - missed), missed=missed)
    )
    assert diagnosis(scenario, scenario.stages[-1], ()).cause == cause


@pytest.mark.parametrize(
    ("waited_ms", "told"),
    [
        (0, "its replies took 1.0 ms (p50), 1.0 ms (p99), the longest wait was "),
        (400, "its replies took 1.0 ms (p50), 1.0 ms (p99), the longest wait was "),
        (900, "most of the time that it kept users they waited to ask again, for a retry or a job"),
    ],
)
def test_replies_are_not_blamed_where_users_waited_to_ask_again(waited_ms: int, told: str) -> None:
    """10 users for 50/s; each operation keeps one for a second, for 1 ms of which it is asked."""
    scenario = MadeRun().play(light(), lambda *_: Beat(ms=[2.0] * 10, missed=40))
    stage = scenario.judged_stages[0]
    operations = stage.overall.succeeded
    stage.record.other_use_us += 999_000 * operations
    stage.record.waited_us = waited_ms * 1000 * operations
    found = diagnosis(scenario, stage, [])
    assert found.cause == "target-slow"
    assert found.sentence.startswith(f"target slow: {told}")


CLOSED = load_scenario(
    {"name": "loop", "shape": "staged", "stages": [{"name": "hold", "duration": "9s", "users": 2}]}
)


P95 = check(CLOSED, "metric: p95, expect: <= 100ms")


@pytest.mark.parametrize(
    "frozen",
    [Beat(given_up=2, timeout_ms=6_000.0), Beat(in_flight=2), Beat(ms=[6_000.0, 6_000.0])],
    ids=["given up", "unanswered to the end", "answered at last"],
)
def test_a_target_that_stands_still_for_most_of_a_closed_model_is_told(frozen: Beat) -> None:
    """Two operations of thousands: no percentile shows them, but they had the users' time."""

    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[1.0] * 2_000) if second < 3 else frozen if second == 3 else Beat()

    scenario = MadeRun().play(CLOSED, beats)
    (stage,) = scenario.stages
    found = diagnosis(scenario, stage, [P95])
    assert found.cause == "target-slow"
    assert found.sentence.startswith("target slow: 2 of 6,002 operations took ")


def test_so_is_one_that_had_few_operations_because_its_users_pause() -> None:
    """Too few for a percentile of their own to leave out the slow ones."""

    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[3.0] * 5 if second < 3 else [6_000.0, 5_500.0] if second == 3 else [])

    scenario = MadeRun().play(CLOSED, beats)
    (stage,) = scenario.stages
    found = diagnosis(scenario, stage, ())
    assert found.cause == "target-slow"
    assert found.sentence.startswith("target slow: 2 of 17 operations took 100% of the users' time")


@pytest.mark.parametrize("ms", [[3.0] * 9 + [900.0], [4_000.0] * 10])
def test_few_operations_that_are_none_of_them_as_long_as_a_third_or_all_are_no_standstill(
    ms: list[float],
) -> None:
    scenario = MadeRun().play(CLOSED, lambda *_: Beat(ms=ms))
    (stage,) = scenario.stages
    assert hidden_standstill(stage) is None


@pytest.mark.parametrize("slowest_ms", [1.0, 9.0, 50.0])
def test_a_closed_model_with_a_few_slow_ones_is_all_right(slowest_ms: float) -> None:
    scenario = MadeRun().play(CLOSED, lambda *_: Beat(ms=[1.0] * 995 + [2.0] * 4 + [slowest_ms]))
    (stage,) = scenario.stages
    assert diagnosis(scenario, stage, [P95]).cause == "none"


def test_a_target_that_answered_nothing_has_no_percentiles() -> None:
    figures = MadeRun().play(light(), lambda *_: Beat(missed=50))
    stage = figures.judged_stages[0]
    found = diagnosis(figures, stage, [])
    assert found.cause == "target-slow"
    assert "it answered nothing, the longest wait was " in found.sentence


@pytest.mark.parametrize(
    ("error", "in_requests", "cause"),
    [
        ("exception-KeyError", 0, "users-raise"),
        ("exception-KeyError", 1, "users-raise"),
        ("submit: exception-KeyError", 0, "users-raise"),
        ("exception-RpcError", 5, "target-refuses"),
        ("exception-RpcError", 10, "target-refuses"),
        ("unexpected-reply", 0, "target-refuses"),
        ("http-500", 10, "target-refuses"),
        ("no-row", 0, "generator-lacks"),
        ("submit: unsendable", 10, "users-raise"),
    ],
)
def test_what_users_raise_or_lack_by_themselves_is_not_the_targets_doing(
    error: str, in_requests: int, cause: str
) -> None:
    figures = MadeRun().play(light(), lambda *_: Beat(ms=[3.0] * 40, failed=10, error=error))
    stage = figures.judged_stages[0]
    each = stage.overall.failed * in_requests // 10
    stage.record.step("GET /items").errors.add(error, "", each)
    assert diagnosis(figures, stage, []).cause == cause


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("timeout", "no reply in time"),
        ("submit: timeout", "no reply in time"),
        ("wait: poll-timeout", "not done in time"),
        ("operation-timeout", "not done in time"),
    ],
)
def test_a_poll_in_vain_had_its_replies(error: str, told: str) -> None:
    figures = MadeRun().play(light(), lambda *_: Beat(ms=[3.0] * 40, failed=10, error=error))
    assert diagnosis(figures, figures.judged_stages[0], []).sentence.endswith(f", {told}")


THREE = load_scenario(
    {"name": "three", "shape": "staged"}
    | {"stages": [{"name": n, "users": 10, "duration": "10s", "rate": 20} for n in "abc"]}
)
FEW_SLOW = Beat(ms=[10.0] * 17 + [900.0] * 3)


def fails(
    scenario: Scenario, beats: Beats, line: str, baseline: float | None = None
) -> ScenarioVerdict:
    run = MadeRun()
    run.play(scenario, beats)
    checks = {scenario.name: [check(scenario, line)]}
    verdict = judge(run.end(), checks, (lambda _: baseline) if baseline else None)
    assert verdict.status == "FAIL"
    return verdict.scenarios[0]


@pytest.mark.parametrize("grace", ["", ", grace: 2s"])
@pytest.mark.parametrize("slow", ["a", "b", "abc"])
def test_a_check_that_fails_over_stages_of_few_samples_blames_those_that_are_slow(
    slow: str, grace: str
) -> None:
    """200 samples each, and 299 needed for a p99."""
    fast = Beat(ms=[10.0] * 20)
    found = fails(
        THREE,
        lambda stage, _: FEW_SLOW if stage.name in slow else fast,
        f'metric: p99, expect: "<= 100ms"{grace}',
    )
    assert [d.cause == "target-slow" for d in found.diagnoses] == [n in slow for n in "abc"]


@pytest.mark.parametrize(
    ("line", "beat"),
    [
        ('metric: missed, expect: "<= 5"', Beat(ms=[10.0] * 18, missed=2)),
        ('metric: retries, expect: "<= 5"', Beat(ms=[10.0] * 20, retries=2)),
    ],
)
def test_what_is_too_many_over_all_stages_alone_is_told_of_each_that_has_some(
    line: str, beat: Beat
) -> None:
    found = fails(THREE, lambda _, second: beat if second == 9 else Beat(ms=[10.0] * 20), line)
    assert "none" not in {d.cause for d in found.diagnoses}


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        ("error_rate", "target refuses: 0.50 % of the operations failed, most often with http-5"),
        ("request_error_rate", "target refuses: 10 of 210 requests failed and were sent again"),
        ("retry_amplification", "target refuses: 10 of 210 requests failed and were sent again"),
    ],
)
def test_fewer_errors_than_one_in_a_hundred_are_told_where_a_check_allows_still_fewer(
    metric: str, told: str
) -> None:
    def beats(stage: Stage, second: int) -> Beat:
        good = 19 if (stage.name, second) == ("a", 0) else 20
        return Beat(ms=[10.0] * good, failed=20 - good, retries=1)

    limit = "<= 1" if metric == "retry_amplification" else "<= 0.1%"
    found = fails(THREE, beats, f'metric: {metric}, expect: "{limit}"')
    assert found.diagnosis.sentence.startswith(told)


TWO = load_scenario(
    {"name": "two", "shape": "staged"}
    | {"stages": [{"name": str(r), "users": 9, "duration": "9s", "rate": r} for r in (20, 100)]}
)


@pytest.mark.parametrize(
    ("limit", "done", "causes"),
    [
        (">= 50/s", 100, ["none", "none"]),
        (">= 61/s", 100, ["none", "limit-too-high"]),
        (">= 101/s, for: 5s", 100, ["limit-too-high", "limit-too-high"]),
        (">= 60/s", 70, ["none", "target-slow"]),
    ],
)
def test_a_rate_above_the_planned_one_is_not_the_targets_doing(
    limit: str, done: int, causes: list[str]
) -> None:
    """Of 20/s and 100/s, which are 60/s together."""

    def beats(stage: Stage, second: int) -> Beat:
        rate = round(stage.rate or 0)
        return Beat(ms=[10.0] * min(rate, done), missed=max(0, rate - done))

    run = MadeRun()
    run.play(TWO, beats)
    expect, *more = limit.split(", ")
    line = ", ".join(["metric: throughput", f'expect: "{expect}"', *more])
    found = judge(run.end(), {"two": [check(TWO, line)]}).scenarios[0]
    assert [d.cause for d in found.diagnoses] == causes
    assert found.checks[0].status == ("PASS" if set(causes) == {"none"} else "FAIL")


def test_slower_than_before_is_slow() -> None:
    found = fails(
        light(), planned(50.0), "metric: p99, max_increase: 10%, min_delta: 5ms", baseline=10.0
    )
    assert found.diagnosis.cause == "target-slow"


def test_a_drift_that_is_too_much_is_told_of_the_stage_that_it_is_of() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[10.0 + second * stage.judged] * len([*planned()(stage, second).ms]))

    found = fails(endurance(), beats, 'metric: drift, expect: "<= 20%"')
    assert [d.cause for d in found.diagnoses] == ["none", "target-slow"]


def test_a_recovery_that_took_too_long_is_told_of_the_stage_that_it_is_of() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        late_ms = 400.0 if stage.name == "recovery" else 10.0
        return Beat(ms=[late_ms] * len([*planned()(stage, second).ms]))

    found = fails(spike(), beats, 'metric: recovery_time, expect: "<= 2s"')
    assert [d.cause for d in found.diagnoses] == ["none", "none", "none", "target-slow"]


def test_a_fail_that_no_stage_explains_is_never_told_as_nothing_wrong() -> None:
    run = MadeRun()
    run.play(light(audit=True), planned()).audit = Audit(acknowledged=1375, stored=1374, lost=1)
    found = judge(run.end(), {}).scenarios[0]
    assert (found.status, found.diagnosis.cause) == ("FAIL", "none")
    assert found.diagnosis.sentence.startswith("no stage shows a cause by itself")


def test_windows_that_were_read_before_seconds_were_taken_together_have_their_cause() -> None:
    """The slow second and the one behind it are one, of which half is fast."""
    run, log, scenario = MadeRun(), WindowLog(), light(duration="300s", ramp_up="0s", rate=60)
    spec = check(scenario, 'metric: p50, expect: "<= 100ms", for: 1s, window: 1s')
    figures = run.play(scenario, lambda _, second: Beat(ms=[900.0 if second == 100 else 10.0] * 60))
    log.seen(spec, figures.stages[-1], 200)
    run.collector.series.stages[figures.stages[-1].key].coarsen()
    (found,) = judge(run.end(), {"light": [spec]}, log=log).scenarios
    assert (found.status, found.diagnosis.cause) == ("FAIL", "target-slow")
