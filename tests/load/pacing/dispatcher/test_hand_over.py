"""Arrivals reach users at their times, and each of them is accounted for, whatever happens."""

from __future__ import annotations

import pytest

from .conftest import Stage


def test_arrivals_reach_waiting_users_at_their_times(stage: Stage) -> None:
    stage.add(users=2)
    record = stage.open(rate_per_user=5.0)
    stage.time.pass_by(0.5)
    assert stage.intended_s == [0.05, 0.15, 0.25, 0.35, 0.45]
    assert stage.started_s == stage.intended_s
    stage.dispatcher.count()
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
    stage.dispatcher.count()
    assert (record.offered, record.started, record.missed) == (9, 4, 0)
    assert stage.dispatcher.backlog == 5


def test_what_is_left_when_a_stage_ends_is_missed(stage: Stage) -> None:
    stage.add(users=1, busy_s=0.25)
    record = stage.open(rate_per_user=10.0)
    stage.time.pass_by(0.9)
    stage.close()
    stage.dispatcher.count()
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
    stage.dispatcher.count()
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
    stage.dispatcher.count()
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
    stage.dispatcher.count()
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
