"""How much of the machine other programs took, and how much memory one of ours."""

import os
from contextlib import suppress
from time import perf_counter
from typing import Self

import gevent
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


class Memory:
    """Resident bytes of a process from the beginning of the block, for as long as it lives."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.before = self.most = self.last = self._bytes()

    @property
    def grown(self) -> int:
        return self.last - self.before

    def __enter__(self) -> Self:
        self._watch = gevent.spawn(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.kill()

    def _look(self) -> None:
        with suppress(psutil.Error):
            while seen := self._bytes():  # 0 of one that has ended and nobody has waited for
                self.last, self.most = seen, max(self.most, seen)
                gevent.sleep(0.02)

    def _bytes(self) -> int:
        return int(self._process.memory_info().rss)


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


def _own_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
