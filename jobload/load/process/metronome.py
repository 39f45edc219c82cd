"""A beat of the event loop, which is late whenever that is."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from gevent.hub import get_hub


class Metronome:
    """From `start` to `stop` calls `beat` every `period_s`, with when that was due, and now."""

    def __init__(self, period_s: float, *, ref: bool = True) -> None:
        self._period_s = period_s
        self._ref = ref
        self._loop: Any = get_hub().loop
        self._timer = self._loop.timer(0.0, ref=ref)
        self._due_s = float("inf")

    def beat(self, due_s: float, now_s: float) -> None:
        raise NotImplementedError

    def start(self) -> None:
        now_s = perf_counter()
        self._set(now_s + self._period_s, now_s)

    def stop(self) -> None:
        self._due_s = float("inf")
        self._timer.close()

    def _set(self, due_s: float, now_s: float) -> None:
        """Anew for each beat: libev's repetition goes by a clock that stands still while it does
        what is due, and after some standstills it would be ahead of this one, or behind it."""
        self._due_s = due_s
        self._timer.close()
        self._timer = self._loop.timer(max(due_s - now_s, 0.0), ref=self._ref)
        self._timer.start(self._on_timer, update=True)

    def _on_timer(self) -> None:
        due_s, now_s = self._due_s, perf_counter()
        self._set(max(due_s + self._period_s, now_s), now_s)  # what has passed is given up
        self.beat(due_s, now_s)
