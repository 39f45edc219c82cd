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


def test_a_beat_that_was_late_among_others_that_were_due_puts_none_forward() -> None:
    """libev rings twice then, and each beat after that would be taken for early."""
    loop: Any = get_hub().loop
    gevent.sleep(0.001)
    late = Late()
    late.start()
    others = [loop.timer(0.4 * PERIOD_S), loop.timer(0.6 * PERIOD_S)]
    for other, for_s in zip(others, (0.8 * PERIOD_S, 2.4 * PERIOD_S), strict=True):
        other.start(busy, for_s)
    gevent.sleep(4 * PERIOD_S)
    late.s.clear()
    gevent.sleep(4.5 * PERIOD_S)
    late.stop()
    for other in others:
        other.close()
    assert len(late.s) >= 3
    assert min(late.s) > -PERIOD_S / 10
