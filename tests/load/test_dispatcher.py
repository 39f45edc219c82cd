"""Arrivals reach users at their times, and each of them is accounted for, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import gevent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_time import VirtualTime, virtual_time
from visitor import Begun, Visitor

from jobload.load.arrivals import Arrivals
from jobload.load.dispatcher import Dispatcher
from jobload.load.loop_probe import LoopProbe
from jobload.measure.stage_record import StageRecord


class Stage:
    """A dispatcher in virtual time, its users, and what they have begun."""

    def __init__(self, time: VirtualTime, process: int = 0) -> None:
        self.time = time
        self.began_s = time.now_s
        self.dispatcher = Dispatcher()
        self.arrivals = Arrivals("even", 0, process)
        self.record = StageRecord()
        self.begun: list[Begun] = []
        self.users: list[Visitor] = []

    def add(self, users: int, busy_s: float = 0.01) -> None:
        for _ in range(users):
            self.users.append(Visitor(self.time, self.dispatcher, self.begun, busy_s))
        self.time.settle()

    def open(self, rate_per_user: float | None) -> StageRecord:
        self.record = StageRecord()
        self.time.in_hub(self.dispatcher.open, self.record, rate_per_user, self.arrivals)
        return self.record

    def close(self) -> None:
        self.time.in_hub(self.dispatcher.close)

    def pause(self) -> None:
        self.time.in_hub(self.dispatcher.pause)

    def resume(self) -> None:
        self.time.in_hub(self.dispatcher.resume)

    @property
    def intended_s(self) -> list[float]:
        return [round(b.intended_s - self.began_s, 6) for b in self.begun]

    @property
    def started_s(self) -> list[float]:
        return [round(b.started_s - self.began_s, 6) for b in self.begun]

    def end(self) -> None:
        gevent.killall([user.greenlet for user in self.users])


@pytest.fixture
def stage() -> Iterator[Stage]:
    with virtual_time() as time:
        made = Stage(time)
        yield made
        made.end()


def test_arrivals_reach_waiting_users_at_their_times(stage: Stage) -> None:
    stage.add(users=2)
    record = stage.open(rate_per_user=5.0)
    stage.time.pass_by(0.5)
    assert stage.intended_s == [0.05, 0.15, 0.25, 0.35, 0.45]
    assert stage.started_s == stage.intended_s
    assert (record.offered, record.started, record.missed) == (5, 5, 0)
    assert record.lateness.max_us == 0


def test_users_take_turns(stage: Stage) -> None:
    stage.add(users=3, busy_s=0.001)
    stage.open(rate_per_user=10.0)
    stage.time.pass_by(1.0)
    assert stage.record.started == 30
    assert all(not user.busy for user in stage.users)


def test_a_backlog_is_served_late_in_order_and_never_dropped(stage: Stage) -> None:
    stage.add(users=1, busy_s=0.25)
    record = stage.open(rate_per_user=10.0)
    stage.time.pass_by(0.9)
    assert stage.intended_s == [0.05, 0.15, 0.25, 0.35]
    assert stage.started_s == [0.05, 0.30, 0.55, 0.80]
    assert (record.offered, record.started, record.missed) == (9, 4, 0)
    assert stage.dispatcher.backlog == 5


def test_what_is_left_when_a_stage_ends_is_missed(stage: Stage) -> None:
    stage.add(users=1, busy_s=0.25)
    record = stage.open(rate_per_user=10.0)
    stage.time.pass_by(0.9)
    stage.close()
    assert (record.offered, record.started, record.missed) == (9, 4, 5)
    assert stage.dispatcher.backlog == 0
    stage.time.pass_by(5.0)
    assert len(stage.begun) == 4


def test_the_next_stage_has_its_own_record_and_nothing_of_the_backlog(stage: Stage) -> None:
    stage.add(users=1, busy_s=0.25)
    first = stage.open(rate_per_user=10.0)
    stage.time.pass_by(0.5)
    second = stage.open(rate_per_user=1.0)
    stage.time.pass_by(1.0)
    assert (first.offered, first.started, first.missed) == (5, 2, 3)
    assert (second.offered, second.started, second.missed) == (1, 1, 0)
    assert [b.stage for b in stage.begun] == [first, first, second]


def test_a_stage_continues_where_the_one_before_left_off(stage: Stage) -> None:
    """Half an arrival at the end of one and half an arrival at the start of the next are one."""
    stage.add(users=1)
    for _ in range(7):
        stage.open(rate_per_user=1.0)
        stage.time.pass_by(0.3)
    assert stage.intended_s == [0.5, 1.5]


def test_the_rate_follows_the_users(stage: Stage) -> None:
    stage.open(rate_per_user=10.0)
    stage.time.pass_by(1.0)
    assert stage.record.offered == 0
    stage.add(users=1)
    stage.time.pass_by(1.0)
    assert stage.record.offered == 10
    stage.add(users=3)
    stage.time.pass_by(1.0)
    assert stage.record.offered == 50
    for user in stage.users[:3]:
        user.stop()
    stage.time.pass_by(1.0)
    assert stage.record.offered == 60


def test_the_last_user_takes_the_rate_with_it_and_leaves_the_backlog(stage: Stage) -> None:
    stage.add(users=1, busy_s=10.0)
    record = stage.open(rate_per_user=10.0)
    stage.time.pass_by(1.0)
    stage.users[0].stop()
    stage.time.pass_by(1.0)
    stage.close()
    assert (record.offered, record.started, record.missed) == (10, 1, 9)


def test_a_new_user_takes_what_waits(stage: Stage) -> None:
    stage.add(users=1, busy_s=10.0)
    stage.open(rate_per_user=10.0)
    stage.time.pass_by(0.3)
    stage.add(users=1, busy_s=10.0)
    assert stage.intended_s == [0.05, 0.15]
    assert stage.started_s == [0.05, 0.30]


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_a_user_that_ends_while_it_waits_takes_no_arrival_with_it(stage: Stage, way: str) -> None:
    stage.add(users=2)
    record = stage.open(rate_per_user=5.0)
    stage.time.pass_by(0.5)
    getattr(stage.users[0], way)()
    stage.time.pass_by(2.0)
    assert (record.offered, record.started) == (15, 15)
    assert record.missed == 0


def test_a_doomed_user_is_given_nothing_before_its_end_reaches_it(stage: Stage) -> None:
    stage.add(users=2)
    stage.open(rate_per_user=5.0)
    stage.users[0].doom()
    stage.time.block(0.5)
    stage.time.settle()
    assert not stage.users[0].busy
    assert stage.record.started == 1, "the first arrival is due after 0.1 s at half the rate"
    assert stage.users[1].busy


def test_an_arrival_is_late_when_the_process_slept_while_users_were_free(stage: Stage) -> None:
    stage.add(users=4)
    record = stage.open(rate_per_user=2.5)
    stage.time.pass_by(0.049)
    stage.time.block(0.150)
    assert stage.started_s == [0.199, 0.199]
    assert record.late == 2
    assert record.lateness.max_us == pytest.approx(149_000, abs=2)
    stage.time.pass_by(1.0)
    assert record.late == 2, "what comes after the block is in time"


def test_every_arrival_of_a_block_is_late_even_when_the_users_were_fewer(stage: Stage) -> None:
    """Two free users would have served them all; ten at once they can only serve in turn."""
    stage.add(users=2, busy_s=0.001)
    record = stage.open(rate_per_user=50.0)
    stage.time.block(0.100)
    stage.time.pass_by(0.2)
    assert record.started == 30
    assert record.late == 9, "all but the one that was due 5 ms before the end of the block"
    assert record.lateness.max_us == pytest.approx(95_000, abs=2)


def test_an_arrival_that_came_before_a_pause_and_found_no_user_is_not_late(stage: Stage) -> None:
    stage.add(users=1, busy_s=0.25)
    record = stage.open(rate_per_user=5.0)
    stage.time.pass_by(0.32)
    stage.pause()
    stage.time.pass_by(5.0)
    stage.resume()
    assert stage.started_s == [0.1, 5.32]
    assert record.late == 0


def test_an_arrival_is_late_too_when_a_user_comes_back_before_the_timer(stage: Stage) -> None:
    """The user finds the arrival itself, but another one has been free all the while."""
    stage.add(users=2, busy_s=0.120)
    record = stage.open(rate_per_user=5.0)
    stage.time.pass_by(0.051)
    stage.time.now_s += 0.150
    stage.dispatcher._timer.stop()
    stage.time.pass_by(0.0)
    assert stage.started_s == [0.05, 0.201]
    assert record.late == 1


def test_an_arrival_is_not_late_when_all_users_were_busy(stage: Stage) -> None:
    stage.add(users=2, busy_s=1.0)
    record = stage.open(rate_per_user=5.0)
    stage.time.pass_by(0.5)
    stage.time.block(0.150)
    stage.time.pass_by(2.0)
    assert max(b.waited_s for b in stage.begun) > 0.7
    assert record.late == 0
    assert record.lateness.count == 2, "only two arrivals found a user that was free"


def test_pausing_starts_nothing_and_plans_nothing(stage: Stage) -> None:
    stage.add(users=1, busy_s=0.25)
    record = stage.open(rate_per_user=10.0)
    stage.time.pass_by(0.5)
    offered, started = record.offered, record.started
    stage.pause()
    stage.time.pass_by(10.0)
    assert (record.offered, record.started) == (offered, started)
    assert stage.dispatcher.backlog == offered - started


def test_after_a_pause_the_schedule_goes_on_and_the_backlog_is_served(stage: Stage) -> None:
    stage.add(users=1, busy_s=0.25)
    record = stage.open(rate_per_user=2.0)
    stage.time.pass_by(0.5)
    stage.pause()
    stage.time.pass_by(10.0)
    stage.resume()
    stage.time.pass_by(1.0)
    assert stage.intended_s == [0.25, 10.75, 11.25]
    stage.close()
    assert (record.offered, record.started, record.missed) == (3, 3, 0)


def test_pausing_and_resuming_twice_is_pausing_and_resuming_once(stage: Stage) -> None:
    stage.add(users=1)
    stage.open(rate_per_user=10.0)
    stage.pause()
    stage.pause()
    stage.resume()
    stage.resume()
    stage.time.pass_by(1.0)
    assert stage.record.started == 10


def test_a_stage_that_opens_in_a_pause_starts_when_the_pause_is_over(stage: Stage) -> None:
    stage.add(users=1)
    stage.pause()
    stage.open(rate_per_user=10.0)
    stage.time.pass_by(1.0)
    assert stage.record.offered == 0
    stage.resume()
    stage.time.pass_by(1.0)
    assert stage.record.started == 10


def test_without_a_rate_users_start_again_as_soon_as_they_can(stage: Stage) -> None:
    stage.add(users=2, busy_s=0.1)
    record = stage.open(rate_per_user=None)
    stage.time.pass_by(0.95)
    assert (record.offered, record.started, record.missed) == (20, 20, 0)
    assert all(b.waited_s == 0 for b in stage.begun)
    stage.close()
    stage.time.pass_by(1.0)
    assert len(stage.begun) == 20


def test_a_pause_stops_the_closed_model_and_its_end_wakes_it(stage: Stage) -> None:
    stage.add(users=2, busy_s=0.1)
    stage.open(rate_per_user=None)
    stage.time.pass_by(0.25)
    stage.pause()
    stage.time.pass_by(5.0)
    assert stage.record.started == 6
    stage.resume()
    assert stage.record.started == 8


def test_users_that_came_before_the_first_stage_wait_for_it(stage: Stage) -> None:
    stage.add(users=2, busy_s=0.1)
    stage.time.pass_by(1.0)
    assert stage.begun == []
    stage.open(rate_per_user=None)
    assert len(stage.begun) == 2


def test_what_is_due_when_a_stage_ends_is_still_handed_over(stage: Stage) -> None:
    """The timer may come after the message that ends the stage."""
    stage.add(users=1)
    record = stage.open(rate_per_user=10.0)
    stage.time.now_s += 0.06
    stage.close()
    assert (record.offered, record.started, record.missed) == (1, 1, 0)


def test_the_plan_of_a_stage_ends_at_one_instant_however_long_the_hand_over_takes(
    stage: Stage,
) -> None:
    """What becomes due meanwhile belongs to the next stage; none is forgotten between them."""
    slow = gevent.spawn(take_slowly, stage)
    stage.dispatcher.enter()
    stage.time.settle()
    first = stage.open(rate_per_user=10.0)
    stage.time.now_s += 0.1
    second = stage.open(rate_per_user=10.0)
    stage.time.pass_by(0.001)
    assert (first.offered, first.started) == (1, 1)
    assert second.offered == 5, "half a second went by since the first stage ended"
    slow.kill()


def take_slowly(stage: Stage) -> None:
    stage.dispatcher.take()
    stage.time.now_s += 0.5
    stage.time.sleep(100)


def test_stages_and_pauses_that_were_never_there_can_be_ended(stage: Stage) -> None:
    stage.close()
    stage.resume()
    stage.close()
    assert stage.dispatcher.stage.missed == 0


# --- any schedule ---------------------------------------------------------------------------

actions = st.one_of(
    st.tuples(st.just("enter"), st.floats(0.01, 2.0)),
    st.tuples(st.just("stop"), st.integers(0, 20)),
    st.tuples(st.just("kill"), st.integers(0, 20)),
    st.tuples(st.just("open"), st.sampled_from([None, 0.3, 2.0, 7.7, 40.0])),
    st.tuples(st.sampled_from(["pause", "resume", "close"]), st.none()),
)
pauses_s = st.sampled_from([0.0, 0.004, 0.1, 0.75, 3.0])


@dataclass
class Play:
    """Carries actions out, and keeps the books that the dispatcher's are compared with."""

    stage: Stage
    planned: float = 0.0
    rate_per_user: float | None = 0.0
    paused: bool = False
    records: list[tuple[StageRecord, float | None]] = field(default_factory=list)

    def act(self, name: str, value: Any) -> None:
        alive = [user for user in self.stage.users if not user.greenlet.dead and not user._stopping]
        if name == "enter":
            self.stage.add(1, busy_s=value)
        elif name in ("stop", "kill"):
            if alive:
                getattr(alive[value % len(alive)], name)()
        elif name == "open":
            self.rate_per_user = value
            self.records.append((self.stage.open(value), value))
        else:
            getattr(self.stage, name)()
            if name == "close":
                self.rate_per_user = 0.0
            else:
                self.paused = name == "pause"

    def wait(self, seconds: float, blocked: bool) -> None:
        users = self.stage.dispatcher.users
        if not self.paused:
            self.planned += (self.rate_per_user or 0.0) * users * seconds
        (self.stage.time.block if blocked else self.stage.time.pass_by)(seconds)

    def check(self) -> None:
        backlog = self.stage.dispatcher.backlog
        offered = sum(record.offered for record, _ in self.records)
        assert offered == sum(r.started + r.missed for r, _ in self.records) + backlog
        rated = sum(record.offered for record, rate in self.records if rate is not None)
        assert abs(rated - self.planned) < 1
        for record, _ in self.records:
            assert record.started == sum(b.stage is record for b in self.stage.begun)
        waiting = [u for u in self.stage.users if not u.busy and not u.greenlet.dead]
        if self.records and not self.paused and self.rate_per_user != 0.0:
            assert not (waiting and backlog), "a user is free and an arrival waits"
            assert not (waiting and self.rate_per_user is None)


@settings(max_examples=200)
@given(st.lists(st.tuples(actions, pauses_s, st.booleans()), max_size=25), st.integers(0, 3))
def test_under_any_schedule_every_planned_arrival_is_offered_and_started_or_missed(
    steps: list[tuple[tuple[str, Any], float, bool]], process: int
) -> None:
    with virtual_time() as time:
        play = Play(Stage(time, process))
        play.act("enter", 0.3)
        play.act("open", 7.7)
        for (name, value), wait_s, blocked in steps:
            play.act(name, value)
            play.wait(wait_s, blocked)
            play.check()
        play.act("close", None)
        play.check()
        assert play.stage.dispatcher.backlog == 0
        play.stage.end()


@given(st.lists(st.tuples(actions, pauses_s), max_size=25))
def test_as_long_as_the_process_never_sleeps_nothing_is_late(
    steps: list[tuple[tuple[str, Any], float]],
) -> None:
    with virtual_time() as time:
        play = Play(Stage(time))
        play.act("enter", 0.3)
        play.act("open", 7.7)
        for (name, value), wait_s in steps:
            play.act(name, value)
            play.wait(wait_s, blocked=False)
        assert all(record.late == 0 for record, _ in play.records)
        assert all(record.lateness.max_us <= 1 for record, _ in play.records)
        play.stage.end()


# --- the real clock -------------------------------------------------------------------------


def test_on_the_real_clock_arrivals_start_soon_after_their_times_and_never_before() -> None:
    dispatcher = Dispatcher()
    record = StageRecord()
    waits_s: list[float] = []

    def visit() -> None:
        dispatcher.enter()
        while True:
            intended_s = dispatcher.take()
            waits_s.append(perf_counter() - intended_s)
            gevent.sleep(0.001)

    users = [gevent.spawn(visit) for _ in range(5)]
    dispatcher.soon(dispatcher.open, record, 40.0, Arrivals("even", 0, 0))
    gevent.sleep(0.5)
    dispatcher.soon(dispatcher.close)
    gevent.sleep(0)
    gevent.killall(users)
    assert record.offered == record.started == len(waits_s)
    assert abs(record.offered - 100) <= 20
    assert min(waits_s) >= 0
    assert sorted(waits_s)[len(waits_s) // 2] < 0.02


def test_on_the_real_clock_a_blocked_process_shows_as_late_arrivals() -> None:
    dispatcher = Dispatcher()
    record = StageRecord()
    probe = LoopProbe(dispatcher)

    def visit() -> None:
        dispatcher.enter()
        while True:
            dispatcher.take()
            gevent.sleep(0.001)

    users = [gevent.spawn(visit) for _ in range(5)]
    dispatcher.soon(dispatcher.open, record, 20.0, Arrivals("even", 0, 0))
    dispatcher.soon(probe.start)
    gevent.sleep(0.1)
    block_process(0.150)
    gevent.sleep(0.02)
    probe.stop()
    dispatcher.soon(dispatcher.close)
    gevent.sleep(0)
    gevent.killall(users)
    assert record.late >= 10
    assert 100_000 < record.lateness.max_us < 500_000
    assert 80_000 < record.loop_lag.max_us < 500_000


def block_process(seconds: float) -> None:
    until_s = perf_counter() + seconds
    while perf_counter() < until_s:
        pass
