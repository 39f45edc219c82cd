"""Rings once, at a time to come.

The event loop waits in whole milliseconds, so its own timer rings half a millisecond late on
average, and by so much every response time of an idle target would be too long. Linux can wait to
the microsecond (timerfd), for a microsecond more of CPU.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from importlib import import_module
from time import get_clock_info, perf_counter
from typing import Any, Protocol

from jobload.load.http.readiness import READABLE

CLOCK_MONOTONIC = 1
AT_THAT_TIME = 1
"""Of `timerfd_settime`: the time is absolute."""
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


class ExactAlarm:
    """A descriptor that the loop watches, and that the kernel makes readable at the time."""

    def __init__(self, loop: Any, ring: Callable[[], None]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.timerfd_create(CLOCK_MONOTONIC, os.O_CLOEXEC | os.O_NONBLOCK)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        self._set_timer = _setter(libc)
        self._ring = ring
        self._watcher = loop.io(self._descriptor, READABLE)
        self._is_set = self._is_watched = False

    def set(self, at_s: float) -> None:
        # Setting it anew also makes it unreadable, so nothing has to be read.
        self._set_timer(self._descriptor, at_s)
        self._is_set = True
        if not self._is_watched:
            self._is_watched = True
            self._watcher.start(self._on_readable)

    def stop(self) -> None:
        self._is_set = False
        if self._is_watched:
            self._is_watched = False
            self._watcher.stop()

    def _on_readable(self) -> None:
        self._is_set = False
        try:
            self._ring()
        finally:
            if not self._is_set:
                self.stop()

    def __del__(self) -> None:
        if (watcher := getattr(self, "_watcher", None)) is not None:
            watcher.close()
            os.close(self._descriptor)


def _setter(libc: Any) -> Callable[[int, float], None]:
    """Sets a timer to a time as `perf_counter` has it: `kernel_calls.c`, or as ctypes can do it."""
    try:
        in_c: Callable[[int, float], None] = import_module("jobload.load.kernel_calls").set_timer
    except ImportError:
        spec = (ctypes.c_long * 4)()  # interval and time, each in seconds and nanoseconds
        address, set_time = ctypes.byref(spec), libc.timerfd_settime

        def set_timer(descriptor: int, at_s: float) -> None:
            spec[2], spec[3] = divmod(max(int(at_s * 1e9), 0) + 1, 1_000_000_000)
            set_time(descriptor, AT_THAT_TIME, address, None)

        return set_timer
    return in_c


def exact_alarm(loop: Any, ring: Callable[[], None]) -> Alarm:
    """As exact as this machine can do it."""
    if sys.platform == "linux" and "MONOTONIC" in get_clock_info("perf_counter").implementation:
        return ExactAlarm(loop, ring)
    return LoopAlarm(loop, ring, perf_counter)
