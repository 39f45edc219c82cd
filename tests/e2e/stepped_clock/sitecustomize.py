"""Imported by Python itself before anything else: gives the process a wall clock that can be
stepped, by the file that E2E_WALL_CLOCK names at that moment. What the event loop asks the kernel
is left alone; `faketime`, which would change that too, breaks the kernel's timers (timerfd) and
`time.sleep`."""

import os
import time
from pathlib import Path

_plain_time_ns = time.time_ns
_plain_gettime_ns = time.clock_gettime_ns


def _offset_ns() -> int:
    """None in the nursery, whose processes have a clock of their own each."""
    file = os.environ.get("E2E_WALL_CLOCK")
    return int(float(Path(file).read_text()) * 1e9) if file else 0


def time_ns() -> int:
    return _plain_time_ns() + _offset_ns()


def clock_gettime_ns(clock: int) -> int:
    return _plain_gettime_ns(clock) + (_offset_ns() if clock == time.CLOCK_REALTIME else 0)


time.time_ns = time_ns
time.time = lambda: time_ns() / 1e9
time.clock_gettime_ns = clock_gettime_ns
time.clock_gettime = lambda clock: clock_gettime_ns(clock) / 1e9
