"""What processes did with the rows of a source: as each tells of it, and as the run ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

import msgspec

from jobload.measure.record import Count
from jobload.measure.row_ranges import RowRanges

MOST_STRETCHES = 8_000
Stretches = Annotated[list[tuple[Count, Count]], msgspec.Meta(max_length=MOST_STRETCHES)]


class RowUse(msgspec.Struct, frozen=True, array_like=True):
    """Cumulative and numbered, as a snapshot is; `source` is its place among those of the run.

    Of `once`: `received` stretches came, in order, and `taken` of their rows were taken, in order,
    of which `unsent` were not sent; `recall` is the newest recall that was obeyed, after which all
    that was received and not taken is no longer there. Of other sources, `received` are the rows
    that have come, and `taken` those sent. `without` are operations that got no row.
    """

    source: Count
    seq: Count
    received: Count
    taken: Count = 0
    unsent: Stretches = []
    recall: Count = 0
    without: Count = 0


@dataclass(slots=True, eq=False)
class SourceFigures:
    """Of a whole run. Of `once`, each row is either sent, given back, lost, or was never handed
    out. `positions` are the scenarios that use it."""

    name: str
    file: str
    each: Literal["loop", "once", "random"]
    total: int
    sent: int = 0
    given_back: int = 0
    lost: RowRanges = field(default_factory=RowRanges)
    """Handed out to a process that never said what became of them."""
    without: int = 0
    positions: tuple[int, ...] = ()
