from __future__ import annotations

import gevent
import pytest

from .conftest import Stage


def test_pausing_starts_nothing_and_plans_nothing(stage: Stage) -> None:
    stage.add(users=1, busy_s=0.25)
    record = stage.open(rate_per_user=10.0)
    stage.time.pass_by(0.5)
    stage.dispatcher.count()
    offered, started = record.offered, record.started
    stage.pause()
    stage.time.pass_by(10.0)
    stage.dispatcher.count()
    assert (record.offered, record.started) == (offered, started)
    assert stage.dispatcher.backlog == offered - started


def test_what_a_rate_plans_is_not_due_while_it_pauses(stage: Stage) -> None:
    """Else chance would seem to have offered less."""
    stage.add(users=2)
    record = stage.open(rate_per_user=10.0)
    stage.time.pass_by(0.5)
    stage.pause()
    stage.time.pass_by(10.0)
    stage.dispatcher.count_users()
    stage.time.pass_by(10.0)
    stage.resume()
    stage.time.pass_by(0.5)
    stage.dispatcher.count_users()
    assert record.user_us == pytest.approx(2_000_000, rel=0.01)


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
    stage.dispatcher.count()
    assert (record.offered, record.started, record.missed) == (3, 3, 0)


def test_a_pause_with_a_backlog_lets_the_process_rest(stage: Stage) -> None:
    """A user waits, an arrival waits, and still nothing is to be done, whoever comes or goes."""
    stage.add(users=1, busy_s=0.25)
    stage.open(rate_per_user=10.0)
    stage.time.pass_by(0.5)
    stage.pause()
    stage.time.pass_by(1.0)
    stage.add(users=1)
    stage.time.pass_by(1.0)
    assert stage.dispatcher.backlog == 3
    assert not any(user.busy for user in stage.users)


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
    stage.open(rate_per_user=None)
    stage.time.pass_by(0.95)
    record = stage.record
    stage.dispatcher.count()
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
    stage.dispatcher.count()
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
    stage.dispatcher.count()
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
