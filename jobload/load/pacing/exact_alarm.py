"""An alarm that rings to the microsecond, where Linux can do that (timerfd)."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from jobload.load.http.readiness import READABLE

CLOCK_MONOTONIC = 1
AT_THAT_TIME = 1
"""Of `timerfd_settime`: the time is absolute."""


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
