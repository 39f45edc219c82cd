"""What a process had of its machine: the CPU time it used, and the time the hypervisor took."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from time import perf_counter, process_time

import psutil

from jobload.measure.stage_record import StageRecord

PEAK_OVER_S = 0.5
"""A share of a shorter time would say nothing."""


def stolen_s() -> float:
    """CPU time of the machine that its hypervisor has given to others, the mean of all cores."""
    return float(getattr(psutil.cpu_times(), "steal", 0.0)) / (psutil.cpu_count() or 1)


class CpuMeter:
    """Counts from its creation. `percent` of a core is that of the time between two accounts."""

    percent = 0.0

    def __init__(self, stolen_s: Callable[[], float] = stolen_s) -> None:
        self._ask_stolen_s = stolen_s
        self._cpu_s, self._wall_s = process_time(), perf_counter()
        self._stolen_s = float("inf")
        """Until it is said: nothing was lost before that."""
        self.account(None)

    def account(self, stage: StageRecord | None) -> None:
        """Adds what has passed since the last account to the stage that it has passed in."""
        cpu_s, wall_s = process_time(), perf_counter()
        stolen_s = self._stolen_s
        with suppress(OSError):  # clients may have taken all files, or a sandbox hides it
            stolen_s = self._ask_stolen_s()
        passed_s = wall_s - self._wall_s
        if passed_s > PEAK_OVER_S:
            self.percent = 100 * (cpu_s - self._cpu_s) / passed_s
        if stage is not None:
            stage.cpu_s += cpu_s - self._cpu_s
            stage.wall_s += passed_s
            stage.stolen_s += max(0.0, stolen_s - self._stolen_s)
        self._cpu_s, self._wall_s, self._stolen_s = cpu_s, wall_s, stolen_s
