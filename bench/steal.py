"""CPU time that the hypervisor gave to others: what makes a measurement one of the machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

STAT = Path("/proc/stat")
STEAL = 7
"""Its place among the numbers of a line of proc_stat(5)."""


class StealWatch:
    """Counts from its creation, on the cores named."""

    def __init__(self, cores: Sequence[int]) -> None:
        self._cores = frozenset(cores)
        self._began_s = perf_counter()
        self._before = stolen_s(self._cores, STAT.read_text())

    def percent(self) -> float:
        """Of the time since, on the core that lost most."""
        after, passed_s = stolen_s(self._cores, STAT.read_text()), perf_counter() - self._began_s
        return 100 * max(after[core] - self._before[core] for core in self._cores) / passed_s


def stolen_s(cores: frozenset[int], stat: str) -> dict[int, float]:
    """Since the machine was started, by core."""
    per_s = os.sysconf("SC_CLK_TCK")
    rows = {name: fields for name, *fields in map(str.split, stat.splitlines())}
    return {core: int(rows[f"cpu{core}"][STEAL]) / per_s for core in cores}
