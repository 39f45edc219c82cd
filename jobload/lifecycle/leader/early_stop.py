"""A master that is told to stop before it has started any user.

Locust 2.47 does nothing then (`runners.py`, `MasterRunner.stop`), and its web UI says that the test
was stopped; the run, which waits for its target meanwhile, would begin all the same.
"""

from __future__ import annotations

import gevent
from locust.runners import STATE_INIT, MasterRunner


def hear_early_stop(runner: MasterRunner) -> None:
    plain = runner.stop

    def stop(send_stop_to_client: bool = True) -> None:
        if runner.state == STATE_INIT:
            runner.environment.events.test_stopping.fire(environment=runner.environment)
            _end_start(runner)
        plain(send_stop_to_client)

    runner.stop = stop  # type: ignore[method-assign]  # Locust has no event for it


def _end_start(runner: MasterRunner) -> None:
    """What is still looked at is no run yet. Locust does so by itself where there is no master."""
    starting = runner.shape_greenlet
    if starting is not None and starting is not gevent.getcurrent():
        starting.kill()
        runner.shape_greenlet = runner.shape_last_tick = None
