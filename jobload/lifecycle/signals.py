"""SIGINT, SIGTERM and SIGHUP: the run is ended in order, whatever the process was doing.

They are Python's handlers rather than those of the event loop, since a task that computes without
end lets no event loop have its turn.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import gevent
from gevent import monkey
from gevent.hub import get_hub
from locust import main
from locust.runners import MasterRunner

from jobload.judge.exit_code import INTERRUPTED
from jobload.lifecycle.end_times import AUDIT_WITHIN_S, FINAL_WITHIN_S, LEAVE_WITHIN_S
from jobload.lifecycle.shown_module import show
from jobload.measure.figures import EndReason

if TYPE_CHECKING:
    from jobload.lifecycle.leader.leader import Leader

LOCUST_LEAVES_WITHIN_S = 2.0
STUCK_S = 8.0
"""An event loop that has not had its turn for so long will hardly have it again."""
LOOK_EVERY_S = 0.1
REASONS: dict[signal.Signals, EndReason] = {
    signal.SIGINT: "sigint",
    signal.SIGTERM: "sigterm",
    signal.SIGHUP: "sighup",
}


def keep_locust_off_the_signals() -> None:
    """At the end of its `main`, Locust 2.47 takes SIGTERM for itself, and leaves anew wherever the
    process is on its way out then: a traceback, and what was to be done there is cut off."""
    show(main, "gevent", signal_handler=lambda *_: None)
    atexit.register(_ignore_signals)  # the last to be called, as it is the first here


def _ignore_signals() -> None:
    """From there on Python would give them back what kills the process."""
    for number in REASONS:
        signal.signal(number, signal.SIG_IGN)


def on_signals(action: Callable[[signal.Signals], None]) -> None:
    """`action` runs in a greenlet of its own."""
    for number in REASONS:
        if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue  # nohup: it shall go on without a terminal
        listen(number, action)


def listen(number: signal.Signals, action: Callable[[signal.Signals], None]) -> None:
    signal.signal(number, lambda *_: _hear(number, action))


def _hear(number: signal.Signals, action: Callable[[signal.Signals], None]) -> None:
    """Anywhere in the process: nothing may be awaited here."""
    taken_up: list[signal.Signals] = []

    def take_up() -> None:
        taken_up.append(number)
        action(number)

    get_hub().loop.run_callback_threadsafe(gevent.spawn, take_up)
    _start_thread(_end_if_stuck, taken_up, 128 + number)


def _end_if_stuck(taken_up: list[signal.Signals], code: int) -> None:
    """While the whole process is stopped, no look is taken."""
    for _ in range(int(STUCK_S / LOOK_EVERY_S)):
        monkey.get_original("time", "sleep")(LOOK_EVERY_S)
        if taken_up:
            return
    _end_now(
        f"Something in this process, a task or a listener, has computed for {STUCK_S:g} s without a"
        " pause since it was told to end. It is ended now, and what it has not reported is lost.\n",
        code,
    )


def end_on_signal(leader: Leader) -> Callable[[signal.Signals], None]:
    def end(number: signal.Signals) -> None:
        if leader.has_quit:
            leader.give_up_waiting()
            return
        code = _code_of(leader, number)
        drain_s = leader.run.longest_drain_s if leader.run is not None else 0.0
        end_at_the_latest(drain_s + FINAL_WITHIN_S + AUDIT_WITHIN_S + LEAVE_WITHIN_S, code)
        leader.finish(REASONS[number])
        end_at_the_latest(LEAVE_WITHIN_S, code)
        _leave(leader, code)

    return end


def _code_of(leader: Leader, number: signal.Signals) -> int:
    """Between two runs and after the last, nothing is interrupted: their verdicts stand."""
    if leader.run is None and leader.latest is not None:
        return leader.environment.process_exit_code or 0
    return INTERRUPTED[REASONS[number]]


def _leave(leader: Leader, code: int) -> None:
    """After a run, Locust's own way out; it leads there by itself when headless."""
    environment, runner = leader.environment, leader.runner
    if environment.web_ui is not None and environment.web_ui.greenlet is not None:
        environment.web_ui.greenlet.kill(block=False)
    elif leader.latest is None:
        # Still waiting for workers: Locust would let them live on.
        leader.has_quit = True
        runner.quit()
        sys.exit(code)
    gevent.sleep(LOCUST_LEAVES_WITHIN_S)
    # A listener of somebody's keeps the shape, and Locust waits for its end.
    if runner.shape_greenlet is not None:
        runner.shape_greenlet.kill(block=False)
    if isinstance(runner, MasterRunner):
        runner.send_message("quit")  # for want of which workers would live on


def end_at_the_latest(within_s: float, code: int) -> None:
    """However the rest of the process hangs: in a listener that never returns, for instance."""
    _start_thread(_end_after, within_s, code)


def _end_after(seconds: float, code: int) -> None:
    monkey.get_original("time", "sleep")(seconds)
    _end_now("The process did not end when told to, and is ended now.\n", code)


def _start_thread(function: Callable[..., None], *arguments: object) -> None:
    monkey.get_original("_thread", "start_new_thread")(function, arguments)


def _end_now(sentence: str, code: int) -> None:
    os.write(2, sentence.encode())
    os._exit(code)
