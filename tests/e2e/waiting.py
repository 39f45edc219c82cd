"""Waiting for what must come true, and doing several slow things at once."""

from collections.abc import Callable, Sequence
from time import monotonic, sleep
from typing import Any

import gevent
from gevent.pool import Pool

AT_ONCE = 3
"""The machine may have no more than two cores, and each load test takes one to start."""


def wait_until(holds: Callable[[], Any], within_s: float, what: str) -> None:
    deadline_s = monotonic() + within_s
    while not holds():
        assert monotonic() < deadline_s, f"{what}: still not so after {within_s:g} s"
        sleep(0.02)


def together(jobs: Sequence[Callable[[], Any]], at_once: int = AT_ONCE) -> list[Any]:
    """What each job returns. Several run at a time; the first failure ends all."""
    pool = Pool(at_once)
    running = [pool.spawn(job) for job in jobs]
    try:
        gevent.joinall(running, raise_error=True)
    finally:
        pool.kill()
    return [job.value for job in running]
