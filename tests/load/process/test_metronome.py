from __future__ import annotations

from time import perf_counter
from typing import Any

import gevent
import pytest
from gevent.hub import get_hub

from jobload.load.process.metronome import Metronome

pytestmark = pytest.mark.timed

PERIOD_S = 0.05


class Late(Metronome):
    """By how much each beat was."""

    def __init__(self) -> None:
        super().__init__(PERIOD_S)
        self.s: list[float] = []

    def beat(self, due_s: float, now_s: float) -> None:
        self.s.append(now_s - due_s)


def busy(seconds: float) -> None:
    until_s = perf_counter() + seconds
    while perf_counter() < until_s:
        pass


@pytest.mark.parametrize("for_periods", [(0.8, 2.4), (1.2, 0.6), (2.4, 0.6)])
def test_a_beat_that_was_late_among_others_that_were_due_moves_none_after_it(
    for_periods: tuple[float, float],
) -> None:
    """libev rings once too often then, or keeps another time, and each beat after that would be
    taken for early, or for late."""
    loop: Any = get_hub().loop
    gevent.sleep(0.001)
    late = Late()
    late.start()
    others = [loop.timer(0.4 * PERIOD_S), loop.timer(0.6 * PERIOD_S)]
    for other, periods in zip(others, for_periods, strict=True):
        other.start(busy, periods * PERIOD_S)
    gevent.sleep(5 * PERIOD_S)
    late.s.clear()
    gevent.sleep(4.5 * PERIOD_S)
    late.stop()
    for other in others:
        other.close()
    assert len(late.s) >= 3
    assert abs(min(late.s)) < PERIOD_S / 10
