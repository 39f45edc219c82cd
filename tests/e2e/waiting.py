"""Waiting for what must come true, and doing several slow things at once."""

from collections.abc import Callable, Mapping
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self

import gevent
from gevent.lock import Semaphore

Job = Callable[[], Any]
AT_ONCE = 4
"""The machine may have no more than two cores, and each load test takes one to start."""


def wait_until(holds: Callable[[], Any], within_s: float, what: str) -> None:
    deadline_s = monotonic() + within_s
    while not holds():
        assert monotonic() < deadline_s, f"{what}: still not so after {within_s:g} s"
        sleep(0.02)


class Background:
    """Runs jobs in their order, several at a time; `background[name]` waits for what one returns.

    A job that raises does so there. Those that still run at the end of the block are ended.
    """

    def __init__(self, jobs: Mapping[str, Job], at_once: int = AT_ONCE) -> None:
        self._turns = Semaphore(at_once)
        self._running = {name: gevent.spawn(self._run, job) for name, job in jobs.items()}

    def _run(self, job: Job) -> Any:
        with self._turns:
            return job()

    def __getitem__(self, name: str) -> Any:
        return self._running[name].get()

    def join(self) -> None:
        gevent.joinall([*self._running.values()])

    def __contains__(self, name: str) -> bool:
        return name in self._running

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        gevent.killall(list(self._running.values()))
