"""A load generator that is a program: one process for each load.

It says itself how many requests it sent, in how long, so that no program's start counts against it.
Its CPU time is the kernel's, of a stretch in the middle.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.child import bound_to
from bench.load import Load, Outcome

START_S = 1.0
"""By then the slowest of them sends."""
END_WITHIN_S = 30.0
_CPU_CLOCK = 2
"""CPUCLOCK_SCHED of the kernel: nanoseconds, all threads."""


@dataclass(frozen=True, slots=True)
class Said:
    requests: int
    failed: int
    seconds: float


class Peer(ABC):
    def __init__(self, program: str) -> None:
        self.program = program

    @abstractmethod
    def command(self, load: Load, seconds: int, folder: Path) -> list[str]:
        """Writes its files into the folder, in which it runs."""

    @abstractmethod
    def said(self, output: str, folder: Path) -> Said:
        """Raises LookupError or ValueError where it did not say it."""

    def measured(self, load: Load, cores: tuple[int, ...], folder: Path) -> Outcome:
        seconds = math.ceil(START_S + load.seconds)
        process = subprocess.Popen(
            self.command(load, seconds, folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            preexec_fn=bound_to(*cores),
        )
        try:
            cpu_s = _cpu_s_of(process.pid, load.seconds)
            output, _ = process.communicate(timeout=END_WITHIN_S)
        finally:
            process.kill()
            process.wait()
        return self._outcome(output, folder, load, cpu_s)

    def _outcome(self, output: str, folder: Path, load: Load, cpu_s: float) -> Outcome:
        try:
            said = self.said(output, folder)
        except (LookupError, ValueError, OSError):
            sys.exit(f"{self.program} did not say what it did: {output[-1000:]}")
        sent = round(said.requests / said.seconds * load.seconds)
        return Outcome(sent, said.failed, load.seconds, cpu_s)


def _cpu_s_of(pid: int, seconds: float) -> float:
    """0 where it ended meanwhile: what it said tells why."""
    clock = (~pid << 3) | _CPU_CLOCK  # clock_getcpuclockid(3), which Python does not have
    time.sleep(START_S)
    with suppress(OSError):
        before_s = time.clock_gettime(clock)
        time.sleep(seconds)
        return time.clock_gettime(clock) - before_s
    return 0.0


def url_of(load: Load) -> str:
    return f"{load.url}{load.path}"


def body_of(load: Load) -> str:
    """For those that send the same bytes over and over."""
    arguments = {"model": "test-model", "data": "x" * load.payload_bytes, "worker_id": 1}
    return json.dumps({"job_name": "load-test-job-1", "args": arguments, "priority": 1})
