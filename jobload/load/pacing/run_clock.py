"""The second of the run as the master counts it, in a process that only hears it said."""

from __future__ import annotations

from collections import deque
from time import perf_counter

from gevent.event import Event

WORDS = 300
"""As many words, one a second or more, are remembered: the clocks of two machines drift apart by
some 15 ms in the time of so many."""
NOTABLE_S = 0.005


class RunClock:
    """Each word says what the master's clock showed when it was sent. The one that was shortest on
    its way shows it best, so one that comes late, or is old, changes nothing."""

    def __init__(self) -> None:
        self._begins_s: deque[float] = deque(maxlen=WORDS)
        self.began_s = perf_counter()
        self._corrected = Event()

    def hear(self, elapsed_s: float) -> None:
        self._begins_s.append(perf_counter() - elapsed_s)
        best_s = min(self._begins_s)
        if abs(best_s - self.began_s) > NOTABLE_S:
            self._corrected.set()
        self.began_s = best_s

    @property
    def elapsed_s(self) -> float:
        return perf_counter() - self.began_s

    def wait_for_next_second(self) -> None:
        due_s = int(self.elapsed_s) + 1
        while (left_s := due_s - self.elapsed_s) > 0:
            self._corrected.clear()
            self._corrected.wait(left_s)
