from __future__ import annotations

from observed import KEY, Arrival, record_of

from jobload.measure.series import Second, Series
from jobload.measure.stage_record import StageRecord

FAST = Arrival("good", "POST /jobs", 1_000, 900, 0, 0, "", 0)
SLOW = Arrival("good", "POST /jobs", 50_000, 40_000, 0, 2, "", 0)
BAD = Arrival("bad", "POST /jobs", 0, 0, 0, 3, "http-500", 0)


def series(*seconds: tuple[int, list[Arrival]]) -> Series:
    """One worker that says at the end of each of these seconds what happened since the last."""
    made = Series()
    older: StageRecord | None = None
    seen: list[Arrival] = []
    for second, arrivals in seconds:
        seen += arrivals
        newer = record_of(seen)
        made.add(KEY, second, newer, older)
        older = newer
    return made


def test_a_second_holds_what_happened_since_the_snapshot_before() -> None:
    seconds = series((0, [FAST, BAD]), (1, [SLOW]))
    first, second = seconds.stages[KEY][0], seconds.stages[KEY][1]
    assert (first.started, first.succeeded, first.failed, first.retries) == (2, 1, 1, 3)
    assert (second.started, second.succeeded, second.failed, second.retries) == (1, 1, 0, 2)
    assert first.response_time.percentile_us(100) == 1_000
    assert second.response_time.count == 1
    assert second.service_time.sum_us == 40_000


def test_a_lost_snapshot_makes_one_step_longer_and_loses_nothing() -> None:
    seconds = series((0, [FAST]), (3, [FAST, FAST, SLOW]))
    assert sorted(seconds.stages[KEY]) == [0, 3]
    assert seconds.window(KEY, 0, 4).succeeded == 4
    assert seconds.window(KEY, 1, 2).succeeded == 0


def test_a_window_is_the_sum_of_its_seconds_and_of_no_other() -> None:
    seconds = series((0, [FAST]), (1, [SLOW]), (2, [BAD]), (3, [FAST, FAST]))
    window = seconds.window(KEY, 1, 2)
    assert (window.offered, window.succeeded, window.failed, window.retries) == (2, 1, 1, 5)
    assert window.response_time.max_us == 50_000


def test_a_window_leaves_the_seconds_as_they_are() -> None:
    seconds = series((0, [FAST]), (1, [SLOW]))
    seconds.window(KEY, 0, 2)
    assert seconds.window(KEY, 0, 2).succeeded == 2
    assert seconds.stages[KEY][0].succeeded == 1


def test_a_window_of_a_stage_that_never_ran_is_empty() -> None:
    assert Series().window(KEY, 0, 10).started == 0
    assert Series().window(KEY, 0, 10).response_time.percentile_us(99) is None


def test_two_workers_in_the_same_second_are_one_second() -> None:
    seconds = series((0, [FAST]))
    seconds.add(KEY, 0, record_of([SLOW, BAD]), None)
    assert seconds.stages[KEY][0].started == 3


def test_a_second_in_which_nothing_happened_takes_no_room() -> None:
    seconds = series((0, [FAST]), (1, []), (2, []))
    assert list(seconds.stages[KEY]) == [0]


def test_users_of_a_second_are_those_of_all_workers_as_they_last_said() -> None:
    seconds = Series()
    seconds.note_users(4, "w1", 10)
    seconds.note_users(4, "w2", 5)
    seconds.note_users(4, "w2", 6)
    seconds.note_users(5, "w1", 11)
    assert [seconds.users(second) for second in (3, 4, 5)] == [0, 16, 11]


def test_seconds_merge_into_their_sum() -> None:
    whole = Second(offered=1, missed=1)
    whole.merge(Second(offered=2, started=1, ended_good=1, ended_bad=2))
    assert (whole.offered, whole.started, whole.missed) == (3, 1, 1)
    assert (whole.ended_good, whole.ended_bad) == (1, 2)
