"""Calls at a time, to some 0.1 ms; an event loop's own timers are up to 1 ms late."""

import asyncio
import ctypes
import heapq
import os
import sys
from collections.abc import Callable
from time import perf_counter

CLOCK_MONOTONIC = 1
TFD_TIMER_ABSTIME = 1


class _TimerSpec(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("every_s", "every_ns", "at_s", "at_ns")]


class Alarm:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._calls = 0
        self._set_s = float("inf")
        if sys.platform == "linux":
            self._libc = ctypes.CDLL(None, use_errno=True)
            self._fd = self._libc.timerfd_create(CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
            loop.add_reader(self._fd, self._on_timer)

    def call_at(self, at_s: float, action: Callable[[], None]) -> None:
        """`at_s` is of `perf_counter`; calls for the same time come in their order."""
        if sys.platform != "linux":
            self._loop.call_later(at_s - perf_counter(), action)
            return
        self._calls += 1
        heapq.heappush(self._due, (at_s, self._calls, action))
        self._set()

    def _set(self) -> None:
        if self._due and self._due[0][0] != self._set_s:
            self._set_s = self._due[0][0]
            seconds, nanoseconds = divmod(int(self._set_s * 1e9), 1_000_000_000)
            spec = _TimerSpec(0, 0, seconds, nanoseconds)
            self._libc.timerfd_settime(self._fd, TFD_TIMER_ABSTIME, ctypes.byref(spec), None)

    def _on_timer(self) -> None:
        os.read(self._fd, 8)
        self._set_s = float("inf")
        while self._due and self._due[0][0] <= perf_counter():
            heapq.heappop(self._due)[2]()
        self._set()
