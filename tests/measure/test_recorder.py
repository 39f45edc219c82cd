from __future__ import annotations

import pytest

from jobload.measure.recorder import REPEATS, Recorder
from jobload.measure.snapshot import StageKey
from jobload.measure.stage_record import StageRecord

RAMP: StageKey = (0, 0)
HOLD: StageKey = (0, 1)


def as_it_is(stage: StageRecord, copy: StageRecord) -> None:
    """Nothing waits."""


def keys(recorder: Recorder, everything: bool = False) -> list[tuple[int, int]]:
    return [report.key for report in recorder.reports(everything, as_it_is)]


def test_a_stage_keeps_its_record_when_it_is_entered_again() -> None:
    recorder = Recorder()
    record = recorder.enter(RAMP)
    recorder.enter(HOLD)
    assert recorder.enter(RAMP) is record


def test_an_operation_counts_as_ended_in_the_stage_that_runs_then() -> None:
    recorder = Recorder()
    ramp = recorder.enter(RAMP)
    recorder.ended(good=True)
    hold = recorder.enter(HOLD)
    recorder.ended(good=True)
    recorder.ended(good=False)
    recorder.leave()
    recorder.ended(good=True)
    assert (ramp.ended_good, ramp.ended_bad) == (1, 0)
    assert (hold.ended_good, hold.ended_bad) == (1, 1)


def test_a_request_of_a_stage_that_is_over_is_carried_into_the_one_that_runs() -> None:
    recorder = Recorder()
    ramp, hold = recorder.enter(RAMP), recorder.enter(HOLD)
    recorder.carried(ramp)
    recorder.leave()
    recorder.carried(hold)
    assert (ramp.carried, hold.carried) == (-1, 0)


def test_the_stage_that_runs_is_always_sent() -> None:
    recorder = Recorder()
    recorder.enter(RAMP)
    assert [keys(recorder) for _ in range(20)] == [[RAMP]] * 20


def test_a_stage_that_is_over_is_sent_a_few_times_more_so_that_one_lost_report_does_no_harm() -> (
    None
):
    recorder = Recorder()
    recorder.enter(RAMP)
    keys(recorder)
    recorder.enter(HOLD)
    sent = [RAMP in keys(recorder) for _ in range(20)]
    assert sent == [True] * REPEATS + [False] * (20 - REPEATS)


def test_a_stage_with_requests_in_flight_is_sent_until_they_have_ended() -> None:
    recorder = Recorder()
    endpoint = recorder.enter(RAMP).endpoint("POST /jobs")
    endpoint.started = 1
    recorder.leave()
    assert all(keys(recorder) == [RAMP] for _ in range(2 * REPEATS))
    assert recorder.in_flight == 1
    endpoint.succeeded = 1
    assert [len(keys(recorder)) for _ in range(2 * REPEATS)] == [1] * REPEATS + [0] * REPEATS
    assert recorder.in_flight == 0


def test_the_last_word_holds_everything() -> None:
    recorder = Recorder()
    recorder.enter(RAMP)
    recorder.enter(HOLD)
    recorder.leave()
    for _ in range(2 * REPEATS):
        keys(recorder)
    assert keys(recorder) == []
    assert keys(recorder, everything=True) == [RAMP, HOLD]


def test_a_stage_is_over_since_it_was_left_and_not_while_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobload.measure.recorder.perf_counter", lambda: 10.0)
    recorder = Recorder()
    ramp = recorder.enter(RAMP)
    assert recorder.over_s(ramp, 12.0) == 0
    hold = recorder.enter(HOLD)
    assert (recorder.over_s(ramp, 12.0), recorder.over_s(hold, 12.0)) == (2, 0)
    assert recorder.over_s(ramp, 9.0) == 0
    recorder.enter(RAMP)
    assert (recorder.over_s(ramp, 12.0), recorder.over_s(hold, 12.0)) == (0, 2)


def test_stages_without_a_rate_that_began_and_ended_within_a_time_are_told_the_newest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = 0.0
    monkeypatch.setattr("jobload.measure.recorder.perf_counter", lambda: now_s)
    recorder = Recorder()
    now_s = 1.0
    recorder.enter(RAMP)
    now_s = 2.0
    hold = recorder.enter(HOLD, has_rate=False)
    now_s = 4.0
    next_one = recorder.enter((3, 0), has_rate=False)
    now_s = 7.0
    assert [*recorder.closed_between(0.0, 9.0)] == [(0, hold, 2.0, 4.0)], "the other still runs"
    recorder.leave()
    first, second = (0, hold, 2.0, 4.0), (3, next_one, 4.0, 7.0)
    assert [*recorder.closed_between(1.5, 9.0)] == [second, first]
    assert [*recorder.closed_between(1.5, 7.0)] == [second, first]
    assert [*recorder.closed_between(1.5, 6.9)] == [first]
    assert [*recorder.closed_between(2.5, 9.0)] == [second]
    assert [*recorder.closed_between(2.5, 6.9)] == []


def test_a_moment_is_of_the_stage_that_had_begun_last_by_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = 1.0
    monkeypatch.setattr("jobload.measure.recorder.perf_counter", lambda: now_s)
    recorder = Recorder()
    assert recorder.stage_at(1.0) is None
    ramp = recorder.enter(RAMP)
    now_s = 2.0
    hold = recorder.enter(HOLD)
    at = {moment_s: recorder.stage_at(moment_s) for moment_s in (0.5, 1.0, 1.9, 2.0, 9.0)}
    assert at == {0.5: ramp, 1.0: ramp, 1.9: ramp, 2.0: hold, 9.0: hold}
    assert at[1.9] is ramp
    assert at[2.0] is hold
