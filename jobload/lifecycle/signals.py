"""SIGINT, SIGTERM and SIGHUP: the run is ended in order, whatever the process was doing."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import gevent

from jobload.lifecycle.head import Head
from jobload.measure.figures import EndReason

REASONS: dict[signal.Signals, EndReason] = {
    signal.SIGINT: "sigint",
    signal.SIGTERM: "sigterm",
    signal.SIGHUP: "sighup",
}


def on_signals(action: Callable[[signal.Signals], None]) -> None:
    """`action` runs in a greenlet of its own."""
    for number in REASONS:
        if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue  # nohup: it shall go on without a terminal
        gevent.signal_handler(number, action, number)


def end_on_signal(head: Head) -> Callable[[signal.Signals], None]:
    def end(number: signal.Signals) -> None:
        had_run = head.run is not None
        head.finish(REASONS[number])
        _leave(head, had_run, 128 + number)

    return end


def _leave(head: Head, had_run: bool, code: int) -> None:
    """After a run, Locust's own way out; it leads there by itself when headless."""
    environment = head.environment
    if environment.web_ui is not None and environment.web_ui.greenlet is not None:
        environment.web_ui.greenlet.kill(block=False)
    elif not had_run:
        # Still waiting for workers or on the way out: Locust would let the workers live on.
        assert environment.runner is not None
        environment.runner.quit()
        head.has_quit = True
        sys.exit(code)
