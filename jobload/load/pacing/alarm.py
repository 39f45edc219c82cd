"""Rings once, at a time to come.

The event loop waits in whole milliseconds, so its own timer rings half a millisecond late on
average, and by so much every response time of an idle target would be too long. Linux can wait to
the microsecond (timerfd), for a microsecond more of CPU.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from time import get_clock_info, perf_counter
from typing import Any, Protocol

from jobload.load.pacing.exact_alarm import ExactAlarm

EXACT_UP_TO = 1000.0
"""Rings a second. Above, what comes due within a millisecond shares one turn of the loop, which
saves a quarter of the CPU."""


class Alarm(Protocol):
    def set(self, at_s: float) -> None:
        """`at_s` as `perf_counter` has it, which may have passed. An earlier setting is undone."""

    def stop(self) -> None: ...


class LoopAlarm:
    def __init__(self, loop: Any, ring: Callable[[], None], clock: Callable[[], float]) -> None:
        self._loop = loop
        self._ring = ring
        self._clock = clock
        self._timer = loop.timer(0)

    def set(self, at_s: float) -> None:
        self._timer.close()
        self._timer = self._loop.timer(max(at_s - self._clock(), 0.0))
        self._timer.start(self._ring, update=True)

    def stop(self) -> None:
        self._timer.close()


def exact_alarm(loop: Any, ring: Callable[[], None]) -> Alarm:
    """As exact as this machine can do it: where a sandbox refuses timerfd, to the millisecond."""
    if sys.platform == "linux" and "MONOTONIC" in get_clock_info("perf_counter").implementation:
        with suppress(OSError):
            return ExactAlarm(loop, ring)
    return LoopAlarm(loop, ring, perf_counter)
