from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent.hub import get_hub

from jobload.load.pacing.alarm import Alarm, LoopAlarm, exact_alarm
from jobload.load.pacing.exact_alarm import ExactAlarm

pytestmark = pytest.mark.timed

Make = Callable[[Any, Callable[[], None]], Alarm]
NEEDS_TIMERFD = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has timerfd")
SOON_S, LATER_S, PATIENCE_S = 0.02, 0.08, 5.0


def loop_alarm(loop: Any, ring: Callable[[], None]) -> Alarm:
    return LoopAlarm(loop, ring, perf_counter)


class Bell:
    """An alarm, and the times at which it rang."""

    def __init__(self, make: Make) -> None:
        self.rang_s: list[float] = []
        self.alarm = make(get_hub().loop, lambda: self.rang_s.append(perf_counter()))

    def await_ring(self, count: int = 1) -> float:
        until_s = perf_counter() + PATIENCE_S
        while len(self.rang_s) < count and perf_counter() < until_s:
            gevent.sleep(0.001)
        assert len(self.rang_s) == count
        return self.rang_s[-1]


@pytest.fixture(params=[loop_alarm, pytest.param(ExactAlarm, marks=NEEDS_TIMERFD)])
def bell(request: pytest.FixtureRequest) -> Bell:
    return Bell(request.param)


def test_an_alarm_rings_once_and_not_before_its_time(bell: Bell) -> None:
    at_s = perf_counter() + SOON_S
    bell.alarm.set(at_s)
    assert bell.await_ring() >= at_s
    gevent.sleep(LATER_S)
    assert len(bell.rang_s) == 1


def test_a_time_that_has_passed_rings_at_once(bell: Bell) -> None:
    bell.alarm.set(perf_counter() - 1000.0)
    bell.await_ring()


def test_a_new_setting_undoes_the_one_before(bell: Bell) -> None:
    bell.alarm.set(perf_counter() + SOON_S)
    at_s = perf_counter() + LATER_S
    bell.alarm.set(at_s)
    assert bell.await_ring() >= at_s


def test_a_stopped_alarm_keeps_silent_until_it_is_set_again(bell: Bell) -> None:
    bell.alarm.set(perf_counter() + SOON_S)
    bell.alarm.stop()
    gevent.sleep(LATER_S)
    assert bell.rang_s == []
    bell.alarm.set(perf_counter())
    bell.await_ring()


def test_an_alarm_that_has_rung_unnoticed_and_is_set_anew_rings_at_the_new_time(bell: Bell) -> None:
    """The loop finds out about the first only when it gets its turn, and by then it is undone."""
    bell.alarm.set(perf_counter())
    until_s = perf_counter() + SOON_S
    while perf_counter() < until_s:
        pass
    at_s = perf_counter() + SOON_S
    bell.alarm.set(at_s)
    assert bell.await_ring() >= at_s


def test_an_alarm_can_be_set_from_its_own_ring() -> None:
    times: list[float] = []

    def ring() -> None:
        times.append(perf_counter())
        if len(times) < 3:
            alarm.set(perf_counter() + 0.002)

    alarm = exact_alarm(get_hub().loop, ring)
    alarm.set(perf_counter())
    until_s = perf_counter() + PATIENCE_S
    while len(times) < 3 and perf_counter() < until_s:
        gevent.sleep(0.001)
    assert len(times) == 3


def test_where_a_sandbox_refuses_timerfd_the_loop_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    libc = SimpleNamespace(timerfd_create=lambda clock, flags: -1)
    monkeypatch.setattr(ctypes, "CDLL", lambda name, use_errno: libc)
    bell = Bell(exact_alarm)
    assert isinstance(bell.alarm, LoopAlarm)
    bell.alarm.set(perf_counter())
    bell.await_ring()


@NEEDS_TIMERFD
@pytest.mark.parametrize("part", [0.0, 0.5, 0.999999999, 0.9999999999])
def test_every_part_of_a_second_is_a_time(part: float) -> None:
    """Nanoseconds of a whole second would be refused, and nobody would ever be woken."""
    bell = Bell(ExactAlarm)
    bell.alarm.set(float(int(perf_counter()) - 5) + part)
    bell.await_ring()


@NEEDS_TIMERFD
def test_linux_rings_exactly_and_leaves_no_descriptor_behind() -> None:
    def use() -> Path:
        alarm = exact_alarm(get_hub().loop, lambda: None)
        alarm.set(perf_counter() + 1000.0)
        alarm.stop()
        (made,) = timer_descriptors() - before
        return made

    before = timer_descriptors()
    made = use()
    gc.collect()
    until_s = perf_counter() + PATIENCE_S
    while is_timer(made) and perf_counter() < until_s:
        gevent.sleep(0.001)  # gevent closes when its loop comes by
    assert made not in timer_descriptors()


def timer_descriptors() -> set[Path]:
    return {link for link in Path("/proc/self/fd").iterdir() if is_timer(link)}


def is_timer(link: Path) -> bool:
    return link.is_symlink() and "timerfd" in str(link.readlink())
