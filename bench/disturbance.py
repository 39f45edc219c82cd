"""Whether the machine itself stood in the way of a measurement, whatever came out of it.

A virtual machine shares its cores. Some of what others take of them the kernel counts ("steal" in
/proc/stat), some shows only in how long a plain count takes (`speed_probe`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Protocol

from bench.child import child, line_of
from bench.speed_probe import Speed

STAT = Path("/proc/stat")
STEAL = 7
"""Its place among the numbers of a line of proc_stat(5)."""
QUIET_PERCENT = 1.0
SLOWER = 1.1


@dataclass(frozen=True, slots=True)
class Conditions:
    """`disturbed_percent` of the time a core had less than half its speed, or was taken away: that
    of the core that had the most of it. `count_us` is how long the generator's took for a count."""

    disturbed_percent: float
    count_us: float

    @property
    def are_quiet(self) -> bool:
        return self.disturbed_percent <= QUIET_PERCENT

    def disturbance(self, before: Conditions) -> float:
        """The same, and by how many percent the core was slower than before, beyond ten."""
        slower = max(0.0, self.count_us / before.count_us - SLOWER)
        return self.disturbed_percent + 100 * slower


class Watch(Protocol):
    def begin(self) -> None: ...

    def conditions(self) -> Conditions:
        """Of the time since it began."""


class SpeedProbe:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        line_of(process)

    def speed(self) -> Speed:
        """Since it was asked last."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return Speed(**json.loads(line_of(self._process)))


class DisturbanceWatch:
    def __init__(self, probes: dict[int, SpeedProbe], generator_core: int) -> None:
        self._probes = probes
        self._core = generator_core
        self.begin()

    def begin(self) -> None:
        for probe in self._probes.values():
            probe.speed()
        self._stolen_s, self._began_s = stolen_s(STAT.read_text()), perf_counter()

    def conditions(self) -> Conditions:
        after, passed_s = stolen_s(STAT.read_text()), perf_counter() - self._began_s
        speeds = {core: probe.speed() for core, probe in self._probes.items()}
        stolen = (100 * (after[core] - self._stolen_s[core]) / passed_s for core in speeds)
        slow = (speed.slow_percent for speed in speeds.values())
        return Conditions(max(*stolen, *slow), speeds[self._core].count_us)


@contextmanager
def disturbance_watch(server_core: int, core: int) -> Iterator[DisturbanceWatch]:
    command = [sys.executable, "-m", "bench.speed_probe"]
    with ExitStack() as stack:
        probes = {
            each: SpeedProbe(stack.enter_context(child(command, each)))
            for each in {server_core, core}
        }
        yield DisturbanceWatch(probes, core)


def stolen_s(stat: str) -> dict[int, float]:
    """Since the machine was started, by core."""
    rows = [line.split() for line in stat.splitlines() if line.startswith("cpu")]
    per_s = os.sysconf("SC_CLK_TCK")
    return {int(row[0][3:]): int(row[1 + STEAL]) / per_s for row in rows if row[0] != "cpu"}
