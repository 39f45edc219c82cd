"""Which operations of a process are traced: each by the same chance, drawn from the seed."""

from __future__ import annotations

from math import log
from random import Random

from jobload.load.trace.trace import Trace

NEVER = 1 << 62


class TraceChoice:
    """The same seed and share choose the same operations again. Ids are those of one run alone, for
    its traces must not be taken for those of another.

    How many operations to pass over is drawn, rather than each of them.
    """

    def __init__(self, share: float, seed: int, process: int, run_id: str) -> None:
        self._share = share
        self._choice = Random(f"{seed}/{process}")
        self._ids = Random(f"{run_id}/{process}/{seed}")
        self._passed_over = self._draw()

    def next(self) -> Trace | None:
        """For an operation that begins."""
        if self._passed_over:
            self._passed_over -= 1
            return None
        self._passed_over = self._draw()
        return Trace(self._ids)

    def _draw(self) -> int:
        if self._share >= 1.0:
            return 0
        return min(NEVER, int(log(1.0 - self._choice.random()) / log(1.0 - self._share)))
