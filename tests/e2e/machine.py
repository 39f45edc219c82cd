"""How much of the machine other programs took while something was measured on it."""

import os
from time import perf_counter

import psutil

QUIET_CORES = 0.15


class Watch:
    """Counts from its creation. What belongs to us has ended, or its time would be the others'."""

    def __init__(self) -> None:
        self._began = (perf_counter(), _busy_s(), _own_s())

    def others_cores(self) -> float:
        """Cores that programs other than ours kept busy."""
        began_s, busy_s, own_s = self._began
        others_s = (_busy_s() - busy_s) - (_own_s() - own_s)
        return max(0.0, others_s / (perf_counter() - began_s))

    @property
    def was_quiet(self) -> bool:
        return self.others_cores() < QUIET_CORES


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


def _own_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
