"""What goes wrong, whose doing it is, and what a load test has to make of it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from struct import pack
from time import sleep
from typing import Literal

import psutil

Owner = Literal["nobody", "target", "generator", "cut"]
"""`cut`: the run is not what was asked for. `generator`: the target is not to be blamed."""
ACTS_AFTER_S = 5.0
PAUSES = (1.5, 1.5)
STEP_S = -3600.0


@dataclass(frozen=True, slots=True)
class Running:
    """The processes of a tool in the midst of its run."""

    process: psutil.Popen
    clock: Path
    """Where stepped_clock.c reads by how much the tool's wall clock is wrong."""

    @property
    def all(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


def kill_a_worker(running: Running) -> None:
    leaves = [process for process in running.all[1:] if not process.children()]
    if leaves:
        leaves[-1].kill()


def terminate(running: Running) -> None:
    running.process.send_signal(signal.SIGTERM)


def pause(running: Running) -> None:
    for seconds in PAUSES:
        everyone = running.all
        for process in everyone:
            process.suspend()
        sleep(seconds)
        for process in everyone:
            process.resume()
        sleep(seconds)


def step_the_clock(running: Running) -> None:
    with running.clock.open("r+b") as file:  # it is mapped: no other file in its place
        file.write(pack("d", STEP_S))


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    story: str
    owner: Owner
    target: str = "none"
    """What the server does (server.py)."""
    act: Callable[[Running], None] | None = None
    rate: int = 50
    processes: int = 1
    most_users: int = 120
    steps_clock: bool = False


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("nothing", "Nothing: each reply takes 5 ms.", "nobody"),
        Fault(
            "stalls",
            "The target stands still for 2 s, twice in 12 s. Of the requests that were due, a"
            " sixth waits for over a second: the true p95 is 1.5 s.",
            "target",
            "stalls",
        ),
        Fault("frozen", "After 6 s the target never answers again.", "target", "frozen"),
        Fault("tail", "In the last second the target stops answering.", "target", "tail"),
        Fault("errors", "Every reply is a 500.", "target", "errors"),
        Fault("refused", "After 6 s the target is gone: connections refused.", "target", "refused"),
        Fault(
            "few-users",
            "Each reply takes 0.5 s, and 8 users, or connections, are all there may be for 50 a"
            " second: 16 can be brought, and that is not what was asked for.",
            "cut",
            "slow",
            most_users=8,
        ),
        Fault("late", "Each reply takes 1032 ms; the limit is 1000 ms.", "target", "late", rate=6),
        Fault(
            "retries",
            "Every second request is answered with 503 and Retry-After: 0, so a retry succeeds.",
            "target",
            "busy",
        ),
        Fault(
            "paused",
            "The machine of the tool stands still for 1.5 s, twice, as a busy host makes it. The"
            " target takes 5 ms throughout.",
            "generator",
            act=pause,
        ),
        Fault(
            "worker-lost",
            "One of two processes of the tool is killed in mid-run.",
            "cut",
            act=kill_a_worker,
            processes=2,
        ),
        Fault("stopped", "The tool is told to end (SIGTERM) in mid-run.", "cut", act=terminate),
        Fault(
            "clock",
            "The tool's wall clock is set back by an hour in mid-run.",
            "nobody",
            act=step_the_clock,
            steps_clock=True,
        ),
    )
}
