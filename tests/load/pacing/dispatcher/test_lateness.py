from __future__ import annotations

import pytest

from .conftest import Stage


def test_an_arrival_is_late_when_the_process_slept_while_users_were_free(stage: Stage) -> None:
    stage.add(users=4)
    record = stage.open(rate_per_user=2.5)
    stage.time.pass_by(0.049)
    stage.time.block(0.150)
    assert stage.started_s == [0.199, 0.199]
    stage.dispatcher.count()
    assert record.late == 2
    assert record.lateness.max_us == pytest.approx(149_000, abs=2)
    stage.time.pass_by(1.0)
    stage.dispatcher.count()
    assert record.late == 2, "what comes after the block is in time"


def test_every_arrival_of_a_block_is_late_even_when_the_users_were_fewer(stage: Stage) -> None:
    """Two free users would have served them all; ten at once they can only serve in turn."""
    stage.add(users=2, busy_s=0.001)
    record = stage.open(rate_per_user=50.0)
    stage.time.block(0.100)
    stage.time.pass_by(0.2)
    stage.dispatcher.count()
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
    stage.dispatcher.count()
    assert record.late == 0


def test_an_arrival_is_late_too_when_a_user_comes_back_before_the_timer(stage: Stage) -> None:
    """The user finds the arrival itself, but another one has been free all the while."""
    stage.add(users=2, busy_s=0.120)
    record = stage.open(rate_per_user=5.0)
    stage.time.pass_by(0.051)
    stage.time.now_s += 0.150
    stage.dispatcher._alarm.stop()
    stage.time.pass_by(0.0)
    assert stage.started_s == [0.05, 0.201]
    stage.dispatcher.count()
    assert record.late == 1


def test_an_arrival_is_not_late_when_all_users_were_busy(stage: Stage) -> None:
    stage.add(users=2, busy_s=1.0)
    record = stage.open(rate_per_user=5.0)
    stage.time.pass_by(0.5)
    stage.time.block(0.150)
    stage.time.pass_by(2.0)
    assert max(b.waited_s for b in stage.begun) > 0.7
    stage.dispatcher.count()
    assert record.late == 0
    assert record.lateness.count == 2, "only two arrivals found a user that was free"
