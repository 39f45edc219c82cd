"""A beat of the event loop, which is late whenever that is."""

from __future__ import annotations

from time import perf_counter

from gevent.hub import get_hub


class Metronome:
    """From `start` to `stop` calls `beat` every `period_s`, with when that was due, and now."""

    def __init__(self, period_s: float, *, ref: bool = True) -> None:
        self._period_s = period_s
        self._timer = get_hub().loop.timer(period_s, period_s, ref=ref)
        self._due_s = float("inf")

    def beat(self, due_s: float, now_s: float) -> None:
        raise NotImplementedError

    def start(self) -> None:
        self._due_s = perf_counter() + self._period_s
        self._timer.again(self._on_timer, update=True)

    def stop(self) -> None:
        self._due_s = float("inf")
        self._timer.stop()

    def _on_timer(self) -> None:
        due_s, now_s = self._due_s, perf_counter()
        if now_s < due_s - self._period_s / 2:
            return  # libev's clock stands still while it does what is due: it rings once too often
        # The loop keeps to its schedule as well, and only gives up what has passed already.
        self._due_s = max(due_s + self._period_s, now_s)
        self.beat(due_s, now_s)
