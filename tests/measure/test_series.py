from __future__ import annotations

import msgspec
import pytest
from observed import KEY, Arrival, record_of

from jobload.measure import stage_seconds
from jobload.measure.series import Series
from jobload.measure.stage_record import StageRecord
from jobload.measure.stage_seconds import StageSeconds

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
        made.add(KEY, second, "w1", newer, older)
        older = newer
    return made


def second_of(made: Series, second: int) -> StageRecord:
    return made.window(KEY, second, 1)


def test_a_second_holds_what_happened_since_the_snapshot_before() -> None:
    made = series((0, [FAST, BAD]), (1, [SLOW]))
    first, second = second_of(made, 0).overall(), second_of(made, 1).overall()
    assert (first.started, first.succeeded, first.failed, first.retries) == (2, 1, 1, 3)
    assert (second.started, second.succeeded, second.failed, second.retries) == (1, 1, 0, 2)
    assert first.response_time.percentile_us(100) == 1_000
    assert second.response_time.count == 1
    assert second.service_time.sum_us == 40_000


def test_a_lost_snapshot_makes_one_step_longer_and_loses_nothing() -> None:
    made = series((0, [FAST]), (3, [FAST, FAST, SLOW]))
    assert [row.second for row in made.rows(KEY)] == [0, 3]
    assert made.window(KEY, 0, 4).overall().succeeded == 4
    assert made.window(KEY, 1, 2).overall().succeeded == 0


def test_a_window_is_the_sum_of_its_seconds_and_of_no_other() -> None:
    window = series((0, [FAST]), (1, [SLOW]), (2, [BAD]), (3, [FAST, FAST])).window(KEY, 1, 2)
    whole = window.overall()
    assert (window.offered, whole.succeeded, whole.failed, whole.retries) == (2, 1, 1, 5)
    assert whole.response_time.max_us == 50_000


def test_a_window_without_an_end_has_all_that_came_after_too() -> None:
    made = series((0, [FAST]), (1, [SLOW]), (30, [BAD]))
    assert made.window(KEY, 1, None).overall().finished == 2


def test_a_window_leaves_the_seconds_as_they_are() -> None:
    made = series((0, [FAST]), (1, [SLOW]))
    made.window(KEY, 0, 2)
    assert made.window(KEY, 0, 2).overall().succeeded == 2
    assert second_of(made, 0).overall().succeeded == 1


def test_a_window_of_a_stage_that_never_ran_is_empty() -> None:
    assert Series().window(KEY, 0, 10) == StageRecord()
    assert Series().rows(KEY) == []


def test_two_workers_in_the_same_second_are_one_second() -> None:
    made = series((0, [FAST]))
    made.add(KEY, 0, "w2", record_of([SLOW, BAD]), None)
    assert second_of(made, 0).started == 3
    assert [row.started for row in made.rows(KEY)] == [3]


def test_a_second_in_which_nothing_happened_takes_no_room() -> None:
    made = series((0, [FAST]), (1, []), (2, []))
    assert [row.second for row in made.rows(KEY)] == [0]


def test_users_that_nothing_came_for_were_there_all_the_same() -> None:
    made = Series()
    made.add(KEY, 0, "w1", StageRecord(user_us=2_000_000), None)
    assert made.window(KEY, 0, 1).user_us == 2_000_000
    assert not made.rows(KEY)


def waiting(*ages_us: int) -> StageRecord:
    record = StageRecord(waiting=len(ages_us), offered=len(ages_us))
    for us in ages_us:
        record.unfinished.record(us)
    return record


def test_what_is_unfinished_at_the_end_of_a_window_is_that_of_its_last_second() -> None:
    made = Series()
    made.add(KEY, 0, "w1", waiting(100, 200), None)
    made.add(KEY, 1, "w1", waiting(1_000_100, 5), waiting(100, 200))
    assert made.window(KEY, 0, 1).unfinished == waiting(100, 200).unfinished
    assert made.window(KEY, 0, 2).unfinished == waiting(1_000_100, 5).unfinished
    assert made.window(KEY, 0, 2).waiting == 2


def test_what_waits_at_several_workers_adds_up_but_what_one_says_twice_does_not() -> None:
    made = Series()
    made.add(KEY, 0, "w1", waiting(100), None)
    made.add(KEY, 0, "w2", waiting(200), None)
    made.add(KEY, 0, "w2", waiting(900, 800, 700), waiting(200))
    assert second_of(made, 0).unfinished == waiting(100, 200).unfinished
    assert second_of(made, 0).waiting == 2


def long_run(seconds: int, budget_bytes: int | None = None) -> Series:
    """At each second so many operations, as slow as the second is late."""
    made, older, newer = Series(), StageRecord(), StageRecord()
    if budget_bytes is not None:
        made.budget_bytes = budget_bytes
    for second in range(seconds):
        for _ in range(3):
            Arrival("good", "POST /jobs", 1_000 + second, 900, 0, 0, "", 0).happen(newer)
        made.add(KEY, second, "w1", newer, older)
        older = newer.copy()
    return made


@pytest.mark.parametrize("budget_bytes", [None, 20_000])
def test_packed_and_taken_together_seconds_lose_nothing(budget_bytes: int | None) -> None:
    made = long_run(400, budget_bytes)
    whole = made.window(KEY, 0, None).overall()
    assert (whole.succeeded, whole.response_time.max_us) == (1200, 1399)
    assert whole.response_time.sum_us == 3 * sum(1_000 + second for second in range(400))
    assert [row.succeeded for row in made.rows(KEY)] == [3] * 400
    assert made.rows(KEY)[7].p99_us == pytest.approx(1_007, rel=0.002)


@pytest.mark.parametrize("budget_bytes", [None, 20_000])
def test_what_was_offered_is_known_of_each_second_also_of_those_taken_together(
    budget_bytes: int | None,
) -> None:
    made, older, newer = Series(), StageRecord(), StageRecord()
    made.budget_bytes = budget_bytes or made.budget_bytes
    for second in range(10, 410):
        newer.offered += second
        made.add(KEY, second, "w1", newer, older)
        older = newer.copy()
    assert (made.block_s(KEY) > 1) == (budget_bytes is not None)
    assert [made.offered(KEY, second) for second in range(10, 410)] == list(range(10, 410))
    assert [made.offered(KEY, second) for second in (-1, 0, 9, 410, 999)] == [0] * 5
    assert made.offered((9, 9), 20) == 0


def test_a_long_run_takes_no_more_room_than_its_budget_and_keeps_its_newest_seconds_fine() -> None:
    made = long_run(1_000, 20_000)
    assert made.size_bytes <= 20_000 + 240 * 250
    for second in range(900, 1_000):
        assert second_of(made, second).overall().response_time.max_us == 1_000 + second


def test_a_word_that_comes_late_is_added_to_its_second() -> None:
    made = long_run(50)
    made.add(KEY, 10, "w2", record_of([BAD, BAD]), None)
    assert second_of(made, 10).started == 5
    row = made.rows(KEY)[10]
    assert (row.succeeded, row.failed, row.started) == (3, 2, 5)


def test_users_of_a_second_are_those_of_all_workers_as_they_last_said() -> None:
    made = Series()
    made.note_users(4, "w1", 10)
    made.note_users(4, "w2", 5)
    made.note_users(4, "w2", 6)
    made.note_users(5, "w1", 11)
    assert [made.users(second) for second in (3, 4, 5)] == [0, 16, 11]
    made.note_users(100, "w1", 3)
    assert [made.users(second) for second in (3, 4, 5, 50, 100)] == [0, 16, 11, 0, 3]


def test_users_of_a_worker_that_leaves_out_a_second_were_there_in_it() -> None:
    made = Series()
    for second in range(20):
        made.note_users(second, "w1", 10)
        if second not in (4, 5):
            made.note_users(second, "w2", 5)
    assert [made.users(second) for second in range(20)] == [15] * 20


def test_users_of_a_worker_that_is_silent_for_long_are_not_known() -> None:
    """By then others may have them."""
    made = Series()
    for second in range(20):
        made.note_users(second, "w1", 10)
        if not 4 <= second < 15:
            made.note_users(second, "w2", 5)
    assert [made.users(second) for second in (3, 4, 8, 16)] == [15, 10, 10, 15]


def test_of_a_run_of_an_hour_each_second_is_kept_by_itself() -> None:
    made = Series()
    older: StageRecord | None = None
    for second in range(3_600):
        newer = record_of([FAST]) if older is None else older.copy()
        newer.offered += second
        made.add(KEY, second, "w1", newer, older)
        older = newer
    assert [row.second for row in made.rows(KEY)] == [*range(3_600)]
    assert [second_of(made, second).offered for second in (1, 100, 3_000)] == [1, 100, 3_000]


def test_a_late_word_of_a_second_before_all_that_is_known_has_its_row_in_its_place() -> None:
    seconds = StageSeconds()
    for second, offered in ((10, 1), (20, 2), (3, 4), (5, 8)):
        seconds.add(second, StageRecord(offered=offered))
    assert [(row.second, row.offered) for row in seconds.rows()] == [
        (3, 4),
        (5, 8),
        (10, 1),
        (20, 2),
    ]


def test_what_is_of_a_stage_as_a_whole_is_in_none_of_its_seconds() -> None:
    made, older = Series(), StageRecord(offered=1, displaced={0: 1}, unstarted={0: 1})
    made.add(KEY, 0, "w1", older, None)
    made.add(KEY, 1, "w1", StageRecord(offered=2, displaced={0: 1, 1: 2}), older)
    whole = made.window(KEY, 0, 2)
    assert (whole.offered, whole.displaced, whole.unstarted) == (2, {}, {})


def test_old_seconds_are_taken_together_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of hours at once take seconds, in which the process that leads does nothing else."""
    unpacked = 0

    class Noting:
        def decode(self, packed: bytes) -> StageRecord:
            nonlocal unpacked
            unpacked += 1
            return msgspec.msgpack.decode(packed, type=StageRecord)

    monkeypatch.setattr(stage_seconds, "_decoder", Noting())
    made, most = Series(), 0
    made.budget_bytes = 20_000
    for second in range(600):
        before = unpacked
        made.add(KEY, second, "w1", record_of([FAST, SLOW]), None)
        most = max(most, unpacked - before)
    assert made.block_s(KEY) > 1
    assert most <= 10
    assert made.window(KEY, 0, None).started == 1200
