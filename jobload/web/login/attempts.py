"""Counts failed attempts, so that nobody can guess for long."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil
from time import monotonic

LIMIT = 5
LIMIT_OF_ALL = 50
WINDOW_S = 60.0
REMEMBERED = 1000
EVERYONE = "everyone"


class Attempts:
    """Five a minute from one address, fifty from all; each later failure begins a new minute."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}

    def wait_s(self, address: str) -> int:
        """How long until the next attempt is looked at; 0 is now."""
        return max(self._wait_s(address, LIMIT), self._wait_s(EVERYONE, LIMIT_OF_ALL))

    def failed(self, address: str) -> None:
        for who, limit in ((address, LIMIT), (EVERYONE, LIMIT_OF_ALL)):
            recent = self._failures.pop(who, None) or deque(maxlen=limit)
            recent.append(self._clock())
            self._failures[who] = recent
        while len(self._failures) > REMEMBERED:
            del self._failures[next(who for who in self._failures if who != EVERYONE)]

    def forgive(self, address: str) -> None:
        """The last one was no failure, and those before were of somebody who knows."""
        self._failures.pop(address, None)
        if of_all := self._failures.get(EVERYONE):
            of_all.pop()

    def _wait_s(self, who: str, limit: int) -> int:
        recent = self._failures.get(who)
        if recent is None or len(recent) < limit:
            return 0
        first, last = recent[0], recent[-1]
        if last - first >= WINDOW_S:
            return 0
        return max(0, ceil(last + WINDOW_S - self._clock()))
