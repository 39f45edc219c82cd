"""The order of rows that may come again. Each process has its own. Nothing here is compiled: mypyc
makes a list of what never ends."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count

from jobload.load.pacing.arrivals import GOLDEN


def in_turn(total: int, process: int, processes: int) -> Iterator[int]:
    """Each row after the one before it, from a place of the process's own on.

    The first `processes` begin evenly spaced, and so use all rows before any of them comes again;
    later ones begin where it is emptiest. No process uses a row twice more than another row, so all
    together use none more often than another by more than there are processes.
    """
    if process < processes:
        first = process * total // processes
    else:
        first = int(process * GOLDEN % 1.0 * total)
    return (index % total for index in count(first))


def at_random(total: int, process: int, seed: int, source: int) -> Iterator[int]:
    draw = random.Random(f"rows/{seed}/{source}/{process}")
    return (draw.randrange(total) for _ in count())
