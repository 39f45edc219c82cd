"""When the next arrival is due: a phase that grows with the rate, exact under any change of it."""

from __future__ import annotations

import random
from typing import Literal

GOLDEN = 0.6180339887498949
NEVER = float("inf")


class Arrivals:
    """The arrivals of one process, at a rate that may change at any time.

    The time integral of the rate is the phase. `even` arrivals come each time it has grown by one,
    `poisson` arrivals each time it has grown by an exponential draw of mean one. Each process has
    its own stream (`process`, from 0), so that several together neither beat nor repeat.
    """

    def __init__(self, kind: Literal["even", "poisson"], seed: int, process: int) -> None:
        self._random = random.Random(f"{seed}/{process}") if kind == "poisson" else None
        self._left = self._gap() if self._random else (0.5 + process * GOLDEN) % 1.0
        self._since = 0.0
        self.rate = 0.0
        self.due_s = NEVER

    def _gap(self) -> float:
        return self._random.expovariate(1.0) if self._random else 1.0

    def set_rate(self, rate: float, now_s: float) -> None:
        """`rate` in arrivals per second from `now_s` on; nothing may be due before `now_s`."""
        if self.rate:
            self._left = max(0.0, self._left - (now_s - self._since) * self.rate)
        self._since = now_s
        self.rate = rate
        self.due_s = now_s + self._left / rate if rate else NEVER

    def take(self) -> float:
        """The intended start of the arrival that is due next; the one after it becomes due."""
        due_s = self.due_s
        self._since = due_s
        self._left = self._gap() if self._random else 1.0
        self.due_s = due_s + self._left / self.rate
        return due_s
