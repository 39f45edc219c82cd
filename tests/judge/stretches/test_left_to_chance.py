"""Arrivals at random come to a little more or less than their rate, which is nobody's doing."""

from __future__ import annotations

from math import sqrt

import pytest
from made_check import check, judged
from made_past import past_run, past_scenario, past_stage
from made_run import ENDPOINT, Beat, Beats, MadeRun, light
from virtual_run import Answer, virtual_run

from jobload.compare.earlier_run import baseline_of
from jobload.judge.checks.check import evaluate
from jobload.judge.stretches.excused import use_us
from jobload.judge.stretches.reading import read
from jobload.judge.stretches.stretch import Stretch, of_stages, of_window
from jobload.judge.stretches.windows import windows
from jobload.measure.figures import ScenarioFigures
from jobload.measure.stage_record import EndpointRecord, StageRecord
from jobload.plan.scenario import Scenario, load_scenario
from jobload.plan.stage import Stage

SHAPES = ("", ", for: 5s", ", within: 90%", ", within: 90%, window: 1s", ", grace: 2s")


def played(beats: Beats) -> ScenarioFigures:
    """10 users and 50/s; each stage begins and ends as it went on."""
    return MadeRun().play(light(arrivals="poisson"), beats)


def offered(good: int) -> Beats:
    return lambda stage, second: Beat(ms=[10.0] * good, by_chance=50 - good)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("metric", ["throughput", "goodput", "request_rate"])
def test_what_chance_did_not_offer_breaches_no_rate(metric: str, shape: str) -> None:
    least = f'metric: {metric}, expect: ">= 49/s"{shape}'
    assert judged(played(offered(40)), least).status == "PASS"
    most = f'metric: {metric}, expect: "<= 51/s"{shape}'
    assert judged(played(offered(60)), most).status == "PASS"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_target_that_takes_a_part_of_it_only_does_breach_it(shape: str) -> None:
    slow = played(lambda stage, second: Beat(ms=[10.0] * 36, missed=4, by_chance=10))
    least = f'metric: throughput, expect: ">= 46/s"{shape}'
    assert judged(slow, least).status == "FAIL"


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("metric", ["throughput", "request_rate"])
def test_what_the_generator_did_not_offer_is_not_chance(metric: str, shape: str) -> None:
    paused = played(lambda stage, second: Beat(ms=[10.0] * 40))
    outcome = judged(paused, f'metric: {metric}, expect: ">= 49/s"{shape}')
    assert outcome.status == "INSUFFICIENT"


@pytest.mark.parametrize(
    ("beat", "status"),
    [
        (Beat(ms=[10.0] * 40, by_chance=10), "PASS"),
        (Beat(ms=[10.0] * 40), "INSUFFICIENT"),
        (Beat(ms=[10.0] * 40, missed=10, idle_s=9.0), "INSUFFICIENT"),
        (Beat(ms=[10.0] * 40, missed=10), "FAIL"),
        (Beat(ms=[10.0] * 40, missed=5, by_chance=5), "FAIL"),
    ],
)
def test_an_endpoint_of_several_has_its_share_of_what_was_not_the_targets_doing(
    beat: Beat, status: str
) -> None:
    """Half of 50/s."""
    scenario = played(lambda *_: beat)
    record = scenario.judged_stages[0].record
    half = record.endpoint(ENDPOINT)
    half.succeeded //= 2
    record.endpoint("GET /items").succeeded = half.succeeded
    line = f'metric: throughput, expect: ">= 24/s", endpoint: "{ENDPOINT}"'
    plan = light(arrivals="poisson", users_mix={"JobSubmitter": 1, "JobWatcher": 1})
    assert evaluate(check(plan, line), scenario).status == status


def test_nor_does_more_than_its_share_that_chance_offered_breach_a_limit_of_an_endpoint() -> None:
    scenario = played(offered(60))
    record = scenario.judged_stages[0].record
    half = record.endpoint(ENDPOINT)
    half.succeeded //= 2
    record.endpoint("GET /items").succeeded = half.succeeded
    plan = light(arrivals="poisson", users_mix={"JobSubmitter": 1, "JobWatcher": 1})
    line = f'metric: throughput, expect: "<= 26/s", endpoint: "{ENDPOINT}"'
    outcome = evaluate(check(plan, line), scenario)
    assert (outcome.status, outcome.actual_text) == ("PASS", "30/s, 25/s but for chance")


@pytest.mark.parametrize(("busy_share", "could"), [(1.0, 0), (0.8, 200), (1.25, 0)])
def test_without_a_rate_idle_users_had_room_for_more(busy_share: float, could: int) -> None:
    """800 operations of 10 ms."""
    stage = MadeRun().play(light(rate=None), lambda *_: Beat(ms=[10.0] * 32)).judged_stages[0]
    record, overall = stage.record, stage.overall
    assert (overall.succeeded, stage.duration_s) == (800, 25)
    record.user_us = round(use_us(record, overall) / busy_share)
    assert of_stages([stage]).could_have_ended == pytest.approx(could, abs=1)


@pytest.mark.parametrize("metric", ["missed", "p99"])
def test_only_rates_are_told_as_they_were_but_for_chance(metric: str) -> None:
    limit = "1%" if metric == "missed" else "50ms"
    late = Beat(ms=[100.0] * 40, own_ms=95.0, missed=10 * (metric == "missed"), idle_s=99.0)
    outcome = judged(played(lambda *_: late), f'metric: {metric}, expect: "<= {limit}"')
    assert outcome.undecided_by == "generator"
    assert "chance" not in outcome.actual_text


def test_a_window_in_which_nothing_was_offered_says_nothing() -> None:
    def now_and_then(stage: Stage, second: int) -> Beat:
        return Beat(by_chance=50) if second % 2 else Beat(ms=[10.0] * 50)

    line = 'metric: throughput, expect: ">= 49/s", within: 100%, window: 1s, stage: hold'
    outcome = judged(played(now_and_then), line)
    told = "13 of 13 windows of 1 s meet it; 12 more have too few samples"
    assert (outcome.status, outcome.detail) == ("PASS", told)


@pytest.mark.parametrize("metric", ["throughput", "goodput", "request_rate"])
def test_where_chance_offered_nothing_the_rate_itself_is_judged(metric: str) -> None:
    reading = read(check(light(), f'metric: {metric}, expect: ">= 1/s"'), Stretch(seconds=2, due=5))
    assert (reading.value, reading.low, reading.high) == (0, 2.5, 2.5)


def test_a_stage_for_which_chance_offered_nothing_proves_nothing() -> None:
    scenario = played(lambda *_: Beat(by_chance=1))
    outcome = judged(scenario, 'metric: throughput, expect: ">= 0.9/s"')
    assert (outcome.status, outcome.detail) == (
        "INSUFFICIENT",
        "0 samples, 1 needed for throughput",
    )


@pytest.mark.parametrize(("behind", "low"), [(0.0, 2.0), (2.0, 1.6)])
def test_what_has_just_begun_at_the_end_of_a_window_is_not_behind(
    behind: float, low: float
) -> None:
    arrivals = StageRecord(offered=10, ended_good=8)
    stretch = Stretch(seconds=5, arrivals=arrivals, due=10, behind=behind)
    reading = read(check(light(), 'metric: throughput, expect: ">= 1/s"'), stretch)
    assert (reading.value, reading.low) == (1.6, low)


@pytest.mark.parametrize(
    ("beat", "behind"),
    [
        (Beat(ms=[10.0] * 50, under_way=2), 0),
        (Beat(ms=[1000.0] * 50, under_way=50), 0),
        (Beat(ms=[1000.0] * 50, under_way=80), 80 - 1 - 50),
        (Beat(ms=[10.0] * 50, missed=3), 30 - 1 - 0.5 - 3 * sqrt(0.5)),
    ],
)
def test_no_more_wait_or_are_under_way_by_chance_than_came_within_the_time_of_the_beginning(
    beat: Beat, behind: float
) -> None:
    """50/s, each for 10 ms or a second. Three in each of ten seconds are missed."""
    window = windows(played(lambda *_: beat).judged_stages[0], 5, 10)[0]
    assert of_window(window).behind == pytest.approx(behind, rel=0.1)


def test_a_job_that_is_followed_is_not_under_way() -> None:
    """Each for ten seconds, in which it keeps a user; 50 operations a second of 10 ms."""
    beat = Beat(ms=[10.0] * 50, followed_s=10.0)
    window = windows(played(lambda *_: beat).judged_stages[0], 5, 10)[0]
    assert of_window(window).just_begun == pytest.approx(0.5 + 3 * sqrt(0.5))


def test_how_a_stage_began_is_known_where_old_seconds_were_taken_together() -> None:
    """In blocks of eight, none of which begins in its first five seconds."""
    run = MadeRun()

    def beats(stage: Stage, second: int) -> Beat:
        while second in (300, 450, 600) and run.collector.series.stages[0, 1].coarsen():
            pass
        return Beat(ms=[10.0 if second < 30 else 900.0] * 10)

    figures = run.play(light(rate=10.0, ramp_up="1s", duration="650s"), beats)
    (hold,) = figures.judged_stages
    assert hold.series.block_s(hold.key) == 8
    assert of_stages([hold]).just_begun == pytest.approx(0.1 + 3 * sqrt(0.1), rel=0.1)


def test_a_queue_within_the_target_was_there_to_be_done_whatever_chance_offered() -> None:
    """It does 45 of 50/s; each other second a few less than that are offered."""

    def beats(stage: Stage, second: int) -> Beat:
        late_ms = 100.0 * (second + 1) * stage.judged
        queue = 5 * (second + 1) * stage.judged
        return Beat(ms=[late_ms + 10] * 45, by_chance=8 * (second % 2), under_way=queue)

    line = 'metric: throughput, expect: ">= 48/s", for: 10s, window: 1s'
    assert judged(played(beats), line).status == "FAIL"


@pytest.mark.parametrize(
    ("offered", "ended", "counts"),
    [(50, 80, 50), (50, 120, 80), (60, 60, 50), (60, 105, 55), (40, 70, 50), (40, 45, 45)],
)
def test_no_more_than_may_have_been_left_from_before_breaches_an_upper_limit(
    offered: int, ended: int, counts: float
) -> None:
    """Of 50/s, of which 40 may be under way at any time by chance."""
    arrivals = StageRecord(offered=offered, ended_good=ended)
    stretch = Stretch(seconds=1, arrivals=arrivals, due=50, just_begun=40.0)
    assert read(check(light(), 'metric: throughput, expect: "<= 51/s"'), stretch).low == counts


@pytest.mark.parametrize(("behind", "low"), [(30, 45.0), (2, 45 + 3 * 45 / 47), (0, 50.0)])
def test_what_is_behind_could_have_been_done_whatever_chance_offered(
    behind: int, low: float
) -> None:
    arrivals = StageRecord(offered=40, ended_good=45)
    reading = read(
        check(light(), 'metric: throughput, expect: ">= 1/s"'),
        Stretch(seconds=1, arrivals=arrivals, due=50, behind=behind),
    )
    assert reading.low == pytest.approx(low)


@pytest.mark.parametrize(("waiting", "low"), [(30, 45.0), (2, 45 + 3 * 45 / 47), (0, 50.0)])
def test_of_requests_only_what_waits_could_have_been_sent(waiting: int, low: float) -> None:
    stretch = Stretch(
        seconds=1,
        arrivals=StageRecord(offered=40, waiting=waiting),
        operations=EndpointRecord(started=45),
        sent=45,
        due=50,
        behind=30,
    )
    reading = read(check(light(), 'metric: request_rate, expect: ">= 1/s"'), stretch)
    assert reading.low == pytest.approx(low)


def test_requests_are_of_what_was_begun_and_not_of_what_ended() -> None:
    stretch = Stretch(
        seconds=1,
        arrivals=StageRecord(offered=39, ended_good=41),
        operations=EndpointRecord(started=39),
        sent=39,
        due=50,
    )
    assert read(check(light(), 'metric: request_rate, expect: ">= 1/s"'), stretch).low == 50


def test_a_single_one_has_just_begun_by_chance_however_seldom_they_come() -> None:
    seldom = MadeRun().play(light(rate=0.5), lambda stage, second: Beat(ms=[1.0] * (second % 2)))
    assert of_window(windows(seldom.judged_stages[0], 5, 10)[0]).just_begun == 1.0


def test_requests_of_operations_that_never_end_are_samples_of_a_rate() -> None:
    stretch = Stretch(seconds=5, sent=500)
    reading = read(check(light(), 'metric: request_rate, expect: ">= 1/s"'), stretch)
    assert (reading.low, reading.samples) == (100.0, 500)


def test_requests_are_those_that_were_sent_in_a_window_whatever_stage_they_are_of() -> None:
    window = windows(played(lambda *_: Beat(ms=[10.0] * 50)).judged_stages[0], 5, 10)[0]
    window.record.carried = -7
    spec = check(light(), 'metric: request_rate, expect: ">= 1/s"')
    assert read(spec, of_window(window)).value == (250 - 7) / 5


def test_it_is_told_where_it_decides() -> None:
    late = MadeRun().play(light(), lambda stage, second: Beat(ms=[120.0] * 50, own_ms=60))
    assert judged(late, 'metric: p99, expect: "<= 100ms"').actual_text == "120 ms"
    scenario = played(offered(40))
    text = judged(scenario, 'metric: throughput, expect: ">= 49/s"').actual_text
    assert text == "40/s, 50/s but for chance"
    assert judged(scenario, 'metric: throughput, expect: ">= 39/s"').actual_text == "40/s"


@pytest.mark.parametrize(("good", "missed", "status"), [(40, 0, "PASS"), (30, 10, "FAIL")])
def test_an_earlier_run_is_compared_as_if_both_had_offered_the_same(
    good: int, missed: int, status: str
) -> None:
    before = past_run(past_scenario(past_stage([10.0] * 350)))
    scenario = played(lambda *_: Beat(ms=[10.0] * good, missed=missed, by_chance=10))
    spec = check(light(), 'metric: throughput, max_decrease: 5%, min_delta: "1/s"')
    assert evaluate(spec, scenario, baseline=baseline_of(before)).status == status


def held(rate: float, duration: str) -> Scenario:
    hold = {"name": "hold", "duration": duration, "users": 300, "rate": rate}
    return load_scenario(
        {"name": "light", "shape": "staged", "payload_bytes": 10, "stages": [hold]}
        | {"retries": 0, "timeout": "30s"}
    )


def test_what_a_target_never_answers_is_not_what_it_usually_takes() -> None:
    """One of ten, from the beginning on: it does 45 of 50/s."""
    asked = 0

    def answer(at_s: float) -> Answer:
        nonlocal asked
        asked += 1
        return Answer(0.01 if asked % 10 else None)

    limit = {"metric": "throughput", "expect": ">= 47/s"}
    verdict, _ = virtual_run(held(50, "6s"), answer, [limit])
    assert verdict.checks[0].status == "FAIL"


@pytest.mark.parametrize("shape", [{}, {"for": "5s", "window": "1s"}])
def test_of_a_target_that_answers_nothing_nothing_is_usual(shape: dict[str, str]) -> None:
    """All are given up after the end, when each had taken thirty seconds."""
    limit = {"metric": "throughput", "expect": ">= 0.4/s", **shape}
    verdict, _ = virtual_run(held(0.5, "12s"), lambda at_s: Answer(None), [limit])
    assert verdict.checks[0].status == "FAIL"
