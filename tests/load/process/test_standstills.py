from __future__ import annotations

from collections.abc import Iterator

import pytest
from virtual_time import VirtualTime, virtual_time

from jobload.load.process.standstills import LEAST_S, PERIOD_S, Standstills

pytestmark = pytest.mark.timed


class Watched:
    def __init__(self, time: VirtualTime) -> None:
        self.time = time
        self.standstills = Standstills()
        self.standstills.watch()

    def since(self, began_s: float) -> float:
        return self.standstills.before_s(self.time.now_s, began_s)


@pytest.fixture
def watched() -> Iterator[Watched]:
    with virtual_time() as time:
        yield Watched(time)


def test_a_loop_that_is_in_time_does_not_stand_still(watched: Watched) -> None:
    began_s = watched.time.now_s
    watched.time.pass_by(1.0)
    watched.time.block(LEAST_S / 2)
    assert watched.since(began_s) == 0.0


def test_a_pause_counts_before_the_timer_has_come_and_just_after_it(watched: Watched) -> None:
    watched.time.pass_by(0.1)
    began_s = watched.time.now_s
    watched.time.now_s += 0.4
    assert watched.since(began_s) == pytest.approx(0.4, abs=PERIOD_S)
    watched.time.settle()
    watched.time.pass_by(0.001)
    assert watched.since(began_s) == pytest.approx(0.4, abs=PERIOD_S)


def test_a_pause_that_was_over_before_delayed_nothing(watched: Watched) -> None:
    began_s = watched.time.now_s
    watched.time.block(0.4)
    watched.time.pass_by(0.1)
    assert watched.since(began_s) == 0.0


def test_pauses_that_follow_each_other_at_once_are_one(watched: Watched) -> None:
    began_s = watched.time.now_s
    for _ in range(4):
        watched.time.block(0.05)
    assert watched.since(began_s) == pytest.approx(0.2, abs=2 * PERIOD_S)


def test_a_loop_that_is_a_little_late_each_time_does_not_stand_still(watched: Watched) -> None:
    began_s = watched.time.now_s
    for _ in range(20):
        watched.time.pass_by(PERIOD_S / 2)
        watched.time.block(PERIOD_S)
    assert 0.0 < watched.since(began_s) < 2 * PERIOD_S


def test_only_what_lies_after_the_beginning_counts(watched: Watched) -> None:
    watched.time.now_s += 0.3
    began_s = watched.time.now_s
    watched.time.now_s += 0.1
    assert watched.since(began_s) == pytest.approx(0.1)


def test_a_moment_that_has_passed_is_judged_by_what_led_to_it(watched: Watched) -> None:
    began_s = watched.time.now_s
    watched.time.block(0.2)
    at_s = watched.time.now_s
    watched.time.pass_by(0.5)
    watched.time.block(0.3)
    assert watched.standstills.before_s(at_s, began_s) == pytest.approx(0.2, abs=PERIOD_S)
    assert watched.standstills.before_s(at_s + 0.2, began_s) == 0.0


def test_nobody_watches_between_runs(watched: Watched) -> None:
    watched.standstills.stop()
    began_s = watched.time.now_s
    watched.time.now_s += 5.0
    assert watched.since(began_s) == 0.0
