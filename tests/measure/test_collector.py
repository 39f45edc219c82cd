"""The master's sums must not depend on what the network does to the reports."""

from __future__ import annotations

import random
import tracemalloc
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from observed import KEY, Arrival, arrivals, in_flight_too, record_of, snapshot, told

from jobload.measure.bounds import Bounds
from jobload.measure.collector import Collector
from jobload.measure.snapshot import Snapshot, StageReport, encode
from jobload.measure.stage_record import StageRecord

GOOD = Arrival("good", "POST /jobs", 2_000, 1_000, 3, 0, "", 1)


def collector(*workers: str) -> Collector:
    made = Collector("run")
    for worker in workers:
        made.enroll(worker, now_s=0.0)
    return made


def history(worker: str, steps: list[list[Arrival]]) -> list[Snapshot]:
    """What a worker reports, second by second, and at last once more as its last word."""
    seen: list[Arrival] = []
    sent = []
    for seq, step in enumerate(steps):
        seen += step
        sent.append(snapshot(worker, seq, stages=[told(record_of(seen))]))
    last = told(record_of(seen))
    return [*sent, snapshot(worker, len(steps), final=True, stages=[last])]


histories = st.lists(st.lists(st.lists(arrivals, max_size=4), max_size=5), min_size=1, max_size=3)


@given(histories, st.data())
def test_loss_repetition_and_reordering_change_no_sum(
    steps: list[list[list[Arrival]]], data: st.DataObject
) -> None:
    sent = {f"w{n}": history(f"w{n}", of_one) for n, of_one in enumerate(steps)}
    finals = [of_one[-1] for of_one in sent.values()]
    others = [one for of_one in sent.values() for one in of_one[:-1]]
    lossy = data.draw(st.lists(st.sampled_from(others), max_size=20)) if others else []
    arriving = data.draw(st.permutations([*lossy, *finals, *finals[:1]]))

    run = collector(*sent)
    for one in arriving:
        run.receive(one.worker, encode(one), now_s=1.0)

    whole = record_of(a for of_one in steps for step in of_one for a in step)
    assert told(run.stage(KEY)) == told(whole)
    assert all(view.final for view in run.workers.values())
    assert counts(run.series.window(KEY, 0, 10)) == counts(whole)


def counts(seconds: StageRecord) -> tuple[object, ...]:
    whole = seconds.overall()
    return (
        seconds.offered,
        seconds.started,
        seconds.missed,
        whole.succeeded,
        whole.failed,
        whole.retries,
        seconds.ended_good,
        seconds.ended_bad,
        whole.response_time.counts,
        whole.response_time.sum_us,
        whole.response_time_lower.counts,
        whole.service_time.counts,
        whole.service_time.sum_us,
    )


@given(histories)
def test_the_seconds_add_up_to_the_total(steps: list[list[list[Arrival]]]) -> None:
    run = collector(*(f"w{n}" for n in range(len(steps))))
    for n, of_one in enumerate(steps):
        for one in history(f"w{n}", of_one):
            assert run.take(one, now_s=1.0) is one
    total = StageRecord()
    for second in range(10):
        total.merge(run.series.window(KEY, second, 1))
    assert counts(total) == counts(run.stage(KEY))


def test_the_newest_snapshot_wins_however_late_the_older_one_comes() -> None:
    run = collector("w1")
    first, second, third, _ = history("w1", [[GOOD], [GOOD], [GOOD]])
    assert run.take(first, 1.0) is first
    assert run.take(third, 2.0) is third
    assert run.take(second, 3.0) is None
    assert run.take(third, 4.0) is None
    assert run.stage(KEY).offered == 3
    assert run.dropped == {"stale": 2}
    assert run.workers["w1"].newest == replace(third, stages=[])


def test_a_stage_that_a_later_snapshot_leaves_out_keeps_its_figures() -> None:
    run = collector("w1")
    run.take(snapshot(seq=1, stages=[told(record_of([GOOD]))]), 1.0)
    run.take(snapshot(seq=2), 2.0)
    assert run.stage(KEY).offered == 1


@given(histories, st.data())
def test_a_stage_that_was_left_out_may_still_become_more(
    steps: list[list[list[Arrival]]], data: st.DataObject
) -> None:
    run, whole = collector(*(f"w{n}" for n in range(len(steps)))), StageRecord()
    for n, of_one in enumerate(steps):
        numbers = count()
        for one in history(f"w{n}", of_one):
            run.take(replace(one, seq=next(numbers)), 1.0)
            if data.draw(st.booleans()):
                run.take(snapshot(f"w{n}", next(numbers)), 1.0)
            (report,) = one.stages
            assert told(run.record_of(f"w{n}", KEY)) == told(report.record)
            assert run.workers[f"w{n}"].requests == report.record.started
        whole.merge(report.record)
        assert told(run.stage(KEY)) == told(whole)
    assert counts(run.series.window(KEY, 0, 10)) == counts(whole)


def test_a_stage_that_is_left_out_with_operations_in_flight_is_censored_with_its_worker() -> None:
    """All words that told of their end were lost."""
    run = collector("w1")
    flying = Arrival("in-flight", "POST /jobs", 0, 0, 0, 0, "", 0)
    run.take(snapshot(seq=1, stages=[told(record_of([flying]))]), 1.0)
    run.take(snapshot(seq=9), 2.0)
    run.write_off("w1")
    assert run.stage(KEY).overall().censored == 1


def test_a_count_of_a_stage_that_was_left_out_may_not_become_smaller() -> None:
    run = collector("w1")
    run.take(snapshot(seq=1, stages=[told(record_of([GOOD, GOOD]))]), 1.0)
    run.take(snapshot(seq=2), 2.0)
    assert run.take(snapshot(seq=3, stages=[told(record_of([GOOD]))]), 3.0) is None
    assert run.impossible == {"w1": "a count has become smaller"}


@pytest.mark.parametrize("final", [False, True])
def test_of_stages_that_are_over_little_is_kept_of_each_worker(final: bool) -> None:
    """As objects they take 0.2 MB, in the master for each worker and stage."""
    workers, stages = 20, 4
    run, busy = collector(*(f"w{n}" for n in range(workers))), _busy()
    tracemalloc.start()
    for worker in run.workers:
        reports = [StageReport((0, position), busy) for position in range(stages)]
        for seq, report in enumerate(reports):
            run.receive(worker, encode(snapshot(worker, seq, stages=[report])), 1.0)
        last = snapshot(worker, stages, final=final, stages=reports if final else [])
        run.receive(worker, encode(last), 2.0)
    run.series.stages.clear()
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert run.stage((0, 0)).started == workers * busy.started
    assert kept_bytes / workers / stages < 20_000


def _busy() -> StageRecord:
    draw = random.Random(0).lognormvariate
    record = StageRecord(offered=2000, started=2000)
    endpoint = record.endpoint("POST /jobs")
    endpoint.started = endpoint.attempts = endpoint.succeeded = 2000
    for _ in range(2000):
        us = int(draw(9, 0.5))
        endpoint.response_time.record(us + 100)
        endpoint.response_time_lower.record(us)
        endpoint.service_time.record(us)
    return record


def test_a_stage_that_nobody_has_reported_is_empty() -> None:
    assert told(collector("w1").stage(KEY)) == told(StageRecord())


def test_after_its_last_word_nothing_of_a_worker_counts() -> None:
    run = collector("w1")
    run.take(snapshot(seq=5, final=True, stages=[told(record_of([GOOD]))]), 1.0)
    late = snapshot(seq=6, stages=[told(record_of([GOOD, GOOD]))])
    assert run.take(late, 2.0) is None
    assert run.stage(KEY).offered == 1
    assert run.dropped == {"stale": 1}


@pytest.mark.parametrize("final", [True, False])
def test_a_process_that_comes_under_the_name_of_another_is_none_of_the_run(final: bool) -> None:
    """Else what it does would be dropped as old, and nobody be the wiser."""
    run = collector("w1")
    run.take(snapshot(seq=5, final=final, stages=[told(record_of([GOOD]))]), 1.0)
    newcomer = replace(snapshot(seq=1, stages=[told(record_of([GOOD]))]), process="another")
    assert run.take(newcomer, 2.0) is None
    assert run.dropped == {"namesake": 1}
    assert run.stage(KEY).offered == 1


@pytest.mark.parametrize(
    ("why", "sender", "message"),
    [
        ("stranger", "w9", encode(snapshot("w9"))),
        ("other_run", "w1", encode(snapshot("w1", run_id="an older run"))),
        ("forged", "w2", encode(snapshot("w1"))),
        ("malformed", "w1", b"\xc1"),
        ("malformed", "w1", "text"),
        ("malformed", "w1", None),
    ],
)
def test_what_is_not_a_worker_s_own_word_about_this_run_is_counted_and_dropped(
    why: str, sender: str, message: object
) -> None:
    run = collector("w1", "w2")
    assert run.receive(sender, message, now_s=1.0) is None
    assert run.dropped == {why: 1}
    assert all(view.newest is None and view.heard_s == 0.0 for view in run.workers.values())


def test_a_word_of_an_older_run_is_not_held_against_a_worker_of_this_one() -> None:
    """There it may have been possible: no stage of this run has begun."""
    run = Collector("run", Bounds({}))
    run.enroll("w1", 0.0)
    old = snapshot("w1", run_id="an older run", stages=[told(record_of([GOOD]))])
    assert run.receive("w1", encode(old), now_s=1.0) is None
    assert run.dropped == {"other_run": 1}
    assert not run.impossible


@given(st.lists(in_flight_too, max_size=30), st.lists(in_flight_too, max_size=10))
def test_the_figures_of_a_lost_worker_still_add_up(
    reported: list[Arrival], of_the_other: list[Arrival]
) -> None:
    run = collector("lost", "healthy")
    run.take(snapshot("lost", stages=[told(record_of(reported))]), 1.0)
    run.take(snapshot("healthy", stages=[told(record_of(of_the_other))]), 1.0)
    run.write_off("lost")
    record = run.record_of("lost", KEY)
    whole = record.overall()
    assert record.offered == record.started + record.missed == len(reported)
    assert record.started == whole.started == whole.succeeded + whole.failed + whole.censored
    assert record.in_flight == 0
    assert told(run.record_of("healthy", KEY)) == told(record_of(of_the_other))


def test_a_worker_that_was_written_off_is_not_heard_any_more() -> None:
    run = collector("w1")
    waiting = Arrival("waiting", "POST /jobs", 0, 0, 0, 0, "", 0)
    run.take(snapshot(seq=1, stages=[told(record_of([waiting]))]), 1.0)
    run.write_off("w1")
    assert run.take(snapshot(seq=2, stages=[told(record_of([GOOD, waiting]))]), 2.0) is None
    assert run.stage(KEY).offered == run.stage(KEY).missed == 1
    assert run.workers["w1"].lost


def test_writing_off_twice_or_after_the_last_word_changes_nothing() -> None:
    run = collector("lost", "done")
    flying = Arrival("in-flight", "POST /jobs", 0, 0, 0, 0, "", 0)
    for worker in run.workers:
        run.take(snapshot(worker, final=worker == "done", stages=[told(record_of([flying]))]), 1.0)
        run.write_off(worker)
        run.write_off(worker)
    assert run.record_of("lost", KEY).overall().censored == 1
    assert run.record_of("done", KEY).overall().censored == 0
    assert not run.workers["done"].lost


def test_a_worker_that_never_reported_can_be_written_off() -> None:
    run = collector("w1")
    run.write_off("w1")
    assert run.workers["w1"].lost
    assert run.workers["w1"].requests == 0


def test_who_is_enrolled_again_keeps_what_it_had() -> None:
    run = collector("w1")
    run.take(snapshot(seq=1, stages=[told(record_of([GOOD]))]), 1.0)
    run.enroll("w1", now_s=5.0, late=True)
    assert run.workers["w1"].requests == 1
    assert not run.workers["w1"].late


def test_the_longest_silence_and_the_busiest_second_of_a_worker_are_kept() -> None:
    run = Collector("run")
    run.enroll("w1", now_s=2.0)
    for seq, now_s in enumerate([3.0, 7.5, 8.5]):
        run.take(snapshot(seq=seq), now_s)
    assert run.workers["w1"].longest_silence_s == 4.5
    assert run.workers["w1"].heard_s == 8.5
    assert run.workers["w1"].cpu_peak_percent == 10.0
