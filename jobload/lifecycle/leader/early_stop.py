"""A process that is told to stop, or to quit, before it has started any user.

Locust 2.47 does nothing when a master is to stop then (`runners.py`, `MasterRunner.stop`), and its
web UI says that the test was stopped; the run, which waits for its target meanwhile, would begin
all the same. So would that of a local process whose `init` listener has quit.
"""

from __future__ import annotations

import gevent
from locust.runners import STATE_INIT, LocalRunner, MasterRunner

from jobload.lifecycle.leader.run_start import RunStart

QUIT = "quit() was called before the run began"


def hear_early_quit(runner: LocalRunner, run_start: RunStart) -> None:
    """Where nobody but the command line starts it."""
    plain = runner.start_shape

    def start_shape() -> None:
        if runner.greenlet:
            plain()
        else:  # which has ended all of them
            run_start.call_off(QUIT)
            runner.shape_greenlet = gevent.spawn(lambda: None)  # Locust waits for it

    runner.start_shape = start_shape  # type: ignore[method-assign]  # Locust has no event for it


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
