"""How late the event loop comes to what is due: the pulse of the generator itself."""

from __future__ import annotations

from time import perf_counter

from gevent.hub import get_hub

from jobload.load.pacing.dispatcher import Dispatcher

PERIOD_S = 0.05


class LoopProbe:
    """Twenty times a second, while a stage runs, notes by how much a timer of the loop was late."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._timer = get_hub().loop.timer(PERIOD_S, PERIOD_S)
        self._due_s = 0.0

    def start(self) -> None:
        self._due_s = perf_counter() + PERIOD_S
        self._timer.again(self._on_timer, update=True)

    def stop(self) -> None:
        self._timer.stop()

    def _on_timer(self) -> None:
        now_s = perf_counter()
        self._dispatcher.stage.loop_lag.record(max(0, int((now_s - self._due_s) * 1e6)))
        # The loop keeps to its schedule as well, and only gives up what has passed already.
        self._due_s = max(self._due_s + PERIOD_S, now_s)
