"""How a process that leads stops a test and quits, where Locust 2.47 does nothing, or waits."""

from __future__ import annotations

import gevent
from locust.runners import STATE_INIT, LocalRunner, MasterRunner

from jobload.lifecycle.leader.leader import Leader
from jobload.lifecycle.leader.run_start import RunStart

QUIT = "quit() was called before the run began"


def hear_early_quit(runner: LocalRunner, run_start: RunStart) -> None:
    """By an `init` listener, say, where nobody but the command line starts the run: Locust would
    begin it all the same."""
    plain = runner.start_shape

    def start_shape() -> None:
        if runner.greenlet:
            plain()
        else:  # which has ended all of them
            run_start.call_off(QUIT)
            runner.shape_greenlet = gevent.spawn(lambda: None)  # Locust waits for it

    runner.start_shape = start_shape  # type: ignore[method-assign]  # Locust has no event for it


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
