"""Which operations were acknowledged, told in little: all that a user began but these.

Operations carry a key of the user's number and a count from 1, so a user's ledger is how many keys
it gave out and the counts of those that were not acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

MOST_KEYS = 100_000_000
"""Of one user; the audit takes a byte for each."""
MOST_UNACKNOWLEDGED = 200_000
"""A process remembers this many; a run with more can't be audited."""


class LedgerEntry(msgspec.Struct, frozen=True, array_like=True):
    """One user in one scenario (by position in the run)."""

    position: Annotated[int, msgspec.Meta(ge=0)]
    user: Annotated[int, msgspec.Meta(ge=0)]
    keys: Annotated[int, msgspec.Meta(ge=0, le=MOST_KEYS)]
    unacknowledged: list[int]


@dataclass(slots=True, eq=False)
class Ledger:
    entries: list[LedgerEntry] = field(default_factory=list)
    is_complete: bool = True
    _unacknowledged: int = 0

    def close(self, entry: LedgerEntry) -> None:
        if not entry.keys:
            return
        self._unacknowledged += len(entry.unacknowledged)
        if self._unacknowledged > MOST_UNACKNOWLEDGED:
            self.is_complete = False
        else:
            self.entries.append(entry)


@dataclass(frozen=True, slots=True)
class Audit:
    """What became of the operations of one scenario; `problem` says why it could not be told.

    Lost: acknowledged and not stored. Indeterminate: never acknowledged, so it may or may not be
    stored. Duplicated: stored more than once.
    """

    acknowledged: int = 0
    stored: int = 0
    lost: int = 0
    duplicated: int = 0
    indeterminate: int = 0
    examples: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def is_clean(self) -> bool:
        return not self.lost and not self.duplicated


MOST_EXAMPLES = 5


class Auditor:
    """Compares the ledgers of a scenario with what the target says it has stored."""

    def __init__(self, entries: Iterable[LedgerEntry]) -> None:
        self._entries = {entry.user: entry for entry in entries}
        self._stored = {user: bytearray(e.keys + 1) for user, e in self._entries.items()}

    def saw(self, user: int, count: int) -> bool:
        """The target holds this operation; False when it is none of this scenario."""
        stored = self._stored.get(user)
        if stored is None or not 0 < count < len(stored):
            return False
        stored[count] = min(255, stored[count] + 1)
        return True

    def audit(self) -> Audit:
        lost = list(self._lost())
        doubled = [
            (u, i) for u, times in self._stored.items() for i, n in enumerate(times) if n > 1
        ]
        unacknowledged = sum(len(e.unacknowledged) for e in self._entries.values())
        keys = sum(entry.keys for entry in self._entries.values())
        shown = [*(f"lost {u}-{i}" for u, i in lost), *(f"twice {u}-{i}" for u, i in doubled)]
        return Audit(
            acknowledged=keys - unacknowledged,
            stored=sum(len(times) - times.count(0) for times in self._stored.values()),
            lost=len(lost),
            duplicated=len(doubled),
            indeterminate=unacknowledged,
            examples=tuple(shown[:MOST_EXAMPLES]),
        )

    def _lost(self) -> Iterator[tuple[int, int]]:
        for user, times in self._stored.items():
            unacknowledged = set(self._entries[user].unacknowledged)
            for count in range(1, len(times)):
                if not times[count] and count not in unacknowledged:
                    yield user, count
