"""What was refused, told in a line now and then however often it happens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

QUIET_S = 30.0
SHOWN_CHARACTERS = 300
logger = logging.getLogger("jobload")


class Refusals:
    """The first is told at once, and those after it with the next line, as a number."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._quiet_until_s = 0.0
        self._untold = 0

    def note(self, sentence: str) -> None:
        now_s = self._clock()
        if now_s < self._quiet_until_s:
            self._untold += 1
            return
        more = f" ({self._untold:,} more were refused before this)" if self._untold else ""
        logger.warning("%s%s", _one_line(sentence), more)
        self._untold, self._quiet_until_s = 0, now_s + QUIET_S


def _one_line(sentence: str) -> str:
    """A peer may have chosen a part of it, and nothing of that may look like a line of ours."""
    shown = sentence[:SHOWN_CHARACTERS]
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown)
