"""A Locust process that carries out loads, told on its input, until that ends.

`python -m bench.locust_generator jobload | compiled | fasthttp | http`. Each load has its own
Environment and LocalRunner, so that Locust's users, events and statistics are those of a real run.
"""

from __future__ import annotations

import logging
import sys
from abc import ABC, abstractmethod
from array import array
from time import perf_counter, process_time
from typing import Any

import gevent
from locust import User
from locust.env import Environment

from bench.evenness import evenness
from bench.load import Load, Outcome
from jobload.lifecycle.heap import freeze_heap

PULSE_S = 1.0
"""How often the master's word comes in a real run."""


class Generator(ABC):
    """One load in one process. `starts`: intended, real, intended, real, …, noted where there is a
    rate, in an array: the garbage collector would look through a list of so many tuples."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.starts = array("d")
        self.environment: Any = Environment(user_classes=[self.user_class()], host=load.url)
        self.runner: Any = self.environment.create_local_runner()

    @abstractmethod
    def user_class(self) -> type[User]: ...

    @abstractmethod
    def ended(self) -> tuple[int, int]:
        """Operations so far: (all, failed)."""

    def begin(self) -> None:  # noqa: B027  # most have nothing to do then
        """Before users come."""

    def pulse(self) -> None:  # noqa: B027  # as above
        """Once a second."""

    def end(self) -> int:
        """Before users go; how many planned operations were not begun."""
        return 0

    def run(self) -> Outcome:
        self.begin()
        self.runner.start(self.load.users, self.load.users, wait=True)
        self._rest(self.load.warm_up_s)
        (ended, failed), cpu_s, began_s = self.ended(), process_time(), perf_counter()
        self._rest(self.load.seconds)
        cpu_s, wall_s = process_time() - cpu_s, perf_counter() - began_s
        ended_after, failed_after = self.ended()
        missed = self.end()
        self.runner.quit()
        return Outcome(
            operations=ended_after - ended,
            failed=failed_after - failed,
            wall_s=wall_s,
            cpu_s=cpu_s,
            missed=missed,
            evenness=evenness(self.starts, self.load.rate, began_s, began_s + wall_s)
            if self.load.rate
            else None,
        )

    def _rest(self, seconds: float) -> None:
        until_s = perf_counter() + seconds
        while (left_s := until_s - perf_counter()) > 0:
            self.pulse()
            gevent.sleep(min(left_s, PULSE_S))


def _chosen(kind: str) -> type[Generator]:
    """Imports no more than what is measured."""
    if kind in ("jobload", "compiled"):
        from bench.compiled import refuse_the_other
        from bench.jobload_generator import JobloadGenerator

        refuse_the_other(kind)
        return JobloadGenerator
    from bench.stock_generators import FastHttpGenerator, HttpGenerator

    return FastHttpGenerator if kind == "fasthttp" else HttpGenerator


def main(kind: str) -> None:
    logging.disable(logging.WARNING)
    chosen = _chosen(kind)
    freeze_heap()  # as jobload does it when it starts; it harms nobody else
    print("ready", flush=True)
    while line := sys.stdin.readline():
        print(chosen(Load.of_line(line)).run().line(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
