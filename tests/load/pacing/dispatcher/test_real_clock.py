from __future__ import annotations

from time import perf_counter

import gevent
import pytest

from jobload.load.pacing.arrivals import Arrivals
from jobload.load.pacing.dispatcher import Dispatcher
from jobload.load.process.loop_probe import LoopProbe
from jobload.measure.stage_record import StageRecord

pytestmark = pytest.mark.timed


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
    dispatcher.count()
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
    dispatcher.count()
    assert record.late >= 10
    assert 100_000 < record.lateness.max_us < 500_000
    assert 80_000 < record.loop_lag.max_us < 500_000


def block_process(seconds: float) -> None:
    until_s = perf_counter() + seconds
    while perf_counter() < until_s:
        pass
