"""How a master stops a test and quits, where Locust 2.47 does nothing, or waits."""

from __future__ import annotations

import gevent
from locust.runners import STATE_INIT, MasterRunner

from jobload.lifecycle.leader.leader import Leader


def hear_early_stop(runner: MasterRunner) -> None:
    """Before any user is started Locust does nothing (`runners.py`, `MasterRunner.stop`), and its
    web UI says that the test was stopped; the run, which waits for its target meanwhile, would
    begin all the same."""
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


def quit_after_the_verdict(runner: MasterRunner, leader: Leader) -> None:
    """And at once if it has no worker left: Locust waits half a second for what workers still have
    to say (`MasterRunner.quit`), and quits up to four times: when its shape ends, when the last
    worker has gone, and twice on its way out. The second of these is in the greenlet that hears the
    workers, and ends it: of one that left before, and still ends what is in flight, no last word
    would be heard."""
    plain = runner.quit

    def quit_() -> None:
        if not leader.await_end():
            gevent.spawn(quit_)
        elif runner.clients.all:
            plain()
        else:
            runner.stop(send_stop_to_client=False)
            runner.greenlet.kill(block=True)

    runner.quit = quit_  # type: ignore[method-assign]  # in place of Locust's
