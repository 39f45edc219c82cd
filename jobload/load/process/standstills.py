"""When this process stood still, and what had come may have lain there.

The kernel says when a reply to the own client had come. Of requests of somebody's own clients only
their end is known. One that ends just when the event loop goes on, after it was paused or busy with
something else, may have had its reply all that time.
"""

from __future__ import annotations

from collections import deque

from jobload.load.process.metronome import Metronome

PERIOD_S = 0.01
LEAST_S = 0.003
"""A timer that comes no later than this is in time."""
UNSEEN_S = PERIOD_S + LEAST_S
"""Busy for so long after a standstill nobody sees, so it is taken for part of it."""
MOST_KEPT = 1000


class Standstills(Metronome):
    """Watches from the first `watch` on, a hundred times a second, until `stop`."""

    def __init__(self) -> None:
        super().__init__(PERIOD_S, ref=False)
        self._watches = False
        self._noted: deque[tuple[float, float]] = deque(maxlen=MOST_KEPT)
        self._ended_s = -float("inf")
        """The newest of them."""

    def watch(self) -> None:
        if not self._watches:
            self._watches = True
            self.start()

    def stop(self) -> None:
        self._watches = False
        super().stop()

    def beat(self, due_s: float, now_s: float) -> None:
        if now_s - due_s > LEAST_S:
            self._noted.append((due_s, now_s))
            self._ended_s = now_s

    def had_none(self, since_s: float, at_s: float) -> bool:
        """Whether `before_s` is 0 for all that was done meanwhile, as nearly always."""
        return at_s - self._due_s <= LEAST_S and self._ended_s < since_s - UNSEEN_S

    def before_s(self, at_s: float, since_s: float) -> float:
        """How long it had stood still when it came to do what it did at `at_s`, which it could not
        have done before `since_s`. A standstill that was over before that delayed nothing."""
        if self.had_none(at_s, at_s):
            return 0.0
        first_s = self._due_s if at_s - self._due_s > LEAST_S else at_s
        for start_s, end_s in reversed(self._noted):
            if end_s < first_s - UNSEEN_S:
                break
            first_s = min(first_s, start_s)
            if end_s - start_s < PERIOD_S:
                break  # a loop that is a little late each time does not stand still
        return max(0.0, at_s - max(first_s, since_s))
