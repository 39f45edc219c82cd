"""A clock that stands still until a test moves it, under the real event loop.

Timers fire at their exact times, callbacks run in the hub and greenlets switch as ever, so that
hours of a schedule take milliseconds and every figure is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import count
from typing import Any
from unittest import mock

import gevent
from gevent import getcurrent
from gevent.hub import get_hub

from jobload.load.pacing.alarm import LoopAlarm

TIMED = ("jobload.load.pacing.dispatcher", "jobload.load.process.metronome")

LATENCY_S = 1e-9
"""No timer is that exact; and rounding must not let one come before its time, again and again."""

MOST_TURNS = 10_000


class VirtualTimer:
    def __init__(self, time: VirtualTime, after_s: float, repeat_s: float) -> None:
        self._time = time
        self._after_s = after_s
        self._repeat_s = repeat_s
        self._turn = 0
        self._callback: Callable[..., None] | None = None

    def start(self, callback: Callable[..., None], update: bool = False) -> None:
        self._begin(callback, self._after_s)

    def again(self, callback: Callable[..., None], update: bool = False) -> None:
        self._begin(callback, self._repeat_s)

    def _begin(self, callback: Callable[..., None], after_s: float) -> None:
        self._callback = callback
        self._turn += 1
        due_s = self._time.now_s + max(after_s, 0.0) + LATENCY_S
        self._time.schedule(due_s, self, self._turn)

    def stop(self) -> None:
        self._callback = None

    close = stop

    def fire(self, turn: int, due_s: float) -> None:
        if turn != self._turn or (callback := self._callback) is None:
            return
        if self._repeat_s:
            # As libev does it: at fixed times, unless those have passed.
            self._turn += 1
            next_s = max(due_s + self._repeat_s, self._time.now_s)
            self._time.schedule(next_s, self, self._turn)
        else:
            self._callback = None
        callback()


class VirtualTime:
    """Stands for `perf_counter`, and for the hub of those who ask for one."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.loop = self
        self._hub = get_hub()
        loop: Any = self._hub.loop
        self._callbacks = loop._callbacks
        self._queue: list[tuple[float, int, VirtualTimer, int]] = []
        self._order = count()

    # What the code under test sees.

    def perf_counter(self) -> float:
        return self.now_s

    def timer(self, after_s: float, repeat_s: float = 0.0, ref: bool = True) -> VirtualTimer:
        return VirtualTimer(self, after_s, repeat_s)

    def switch(self) -> object:
        return self._hub.switch()

    def run_callback(self, action: Callable[..., None], *arguments: object) -> None:
        self._hub.loop.run_callback(action, *arguments)

    # What a test does.

    def schedule(self, due_s: float, timer: VirtualTimer, turn: int) -> None:
        heappush(self._queue, (due_s, next(self._order), timer, turn))

    def sleep(self, seconds: float) -> None:
        """For the greenlets of a test."""
        alarm = self.timer(seconds)
        alarm.start(getcurrent().switch)
        try:
            self._hub.switch()
        finally:
            alarm.close()

    def pass_by(self, seconds: float) -> None:
        """Time passes, and everything happens at its time."""
        self._run_until(self.now_s + seconds)

    def block(self, seconds: float) -> None:
        """Time passes while the process does nothing: what was due happens late, all at once."""
        self.now_s += seconds
        self._run_until(self.now_s)

    def _run_until(self, end_s: float) -> None:
        self.settle()
        turns = 0
        while self._queue and self._queue[0][0] <= end_s:
            turns += 1
            assert turns < MOST_TURNS, "the event loop spins"
            due_s, _, timer, turn = heappop(self._queue)
            self.now_s = max(self.now_s, due_s)
            self.in_hub(timer.fire, turn, due_s)
        self.now_s = max(self.now_s, end_s)

    def in_hub(self, action: Callable[..., None], *arguments: object) -> None:
        self.run_callback(action, *arguments)
        self.settle()

    def settle(self) -> None:
        """Until every greenlet that can run has run: the loop has none to call."""
        turns = 0
        while self._callbacks:
            turns += 1
            assert turns < MOST_TURNS, "the event loop spins"
            gevent.sleep(0)


@contextmanager
def virtual_time() -> Iterator[VirtualTime]:
    time = VirtualTime()
    with (
        mock.patch.multiple(
            TIMED[0],
            perf_counter=time.perf_counter,
            get_hub=lambda: time,
            exact_alarm=lambda loop, ring: LoopAlarm(loop, ring, time.perf_counter),
        ),
        mock.patch.multiple(TIMED[1], perf_counter=time.perf_counter, get_hub=lambda: time),
        mock.patch("jobload.load.pacing.run_clock.perf_counter", time.perf_counter),
    ):
        yield time
