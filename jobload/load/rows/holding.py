"""What one process has of a source of which each row is used once, as far as it has told."""

from __future__ import annotations

from collections import deque

from jobload.measure.row_ranges import RowRanges, Stretch
from jobload.measure.row_use import RowUse


class ImpossibleRowsError(ValueError):
    """One phrase on what can't be so."""


class Holding:
    """`rows` were handed out and, as far as is known, not taken, in the order in which they are
    taken."""

    def __init__(self) -> None:
        self.rows: deque[Stretch] = deque()
        self.unsent = RowRanges()
        self.sent = 0
        self.granted = 0
        """Stretches handed out; no more than the newest of them can be on its way."""
        self.newest: Stretch = (0, 0)
        self.recalls = 0
        self.is_recalled = False
        """It was asked to give back what it did not take, and has not answered."""
        self.wants = 0
        self.is_waiting = False
        """An operation there waits for a row."""
        self.is_present = True
        self.has_left = False
        self.told = RowUse(source=0, seq=-1, received=0)

    def grant(self, stretch: Stretch) -> int:
        """The number of the stretch."""
        self.rows.append(stretch)
        self.newest = stretch
        self.granted += 1
        return self.repeat()

    def repeat(self) -> int:
        """The number of the newest stretch, which answers what was asked."""
        self.wants, self.is_waiting = 0, False
        return self.granted - 1

    def hear(self, use: RowUse) -> list[Stretch]:
        """Rows that it gives back. ImpossibleRowsError."""
        told = self.told
        if use.seq <= told.seq:
            return []
        if not told.received <= use.received <= self.granted:
            raise ImpossibleRowsError("it has rows that it was not given")
        if not told.recall <= use.recall <= self.recalls or use.without < told.without:
            raise ImpossibleRowsError("it has done what it was not told to do with its rows")
        self._note_sent(use)
        self.told = use
        if self.is_recalled and use.recall == self.recalls:
            self.is_recalled = False
            self.wants = self.wants if self.is_waiting else 0
            return self._give_back()
        return []

    def _note_sent(self, use: RowUse) -> None:
        taken = RowRanges([*self.unsent, *self._take(use.taken - self.told.taken)])
        unsent = RowRanges(use.unsent)
        if not all(taken.holds(first, end) for first, end in unsent):
            raise ImpossibleRowsError("it did not send rows that it does not have")
        self.sent += len(taken) - len(unsent)
        self.unsent = unsent

    def _take(self, count: int) -> list[Stretch]:
        if count < 0 or count > sum(end - first for first, end in self.rows):
            raise ImpossibleRowsError("it has taken other rows than it has")
        found: list[Stretch] = []
        while count:
            first, end = self.rows.popleft()
            if end - first > count:
                self.rows.appendleft((first + count, end))
                end = first + count
            found.append((first, end))
            count -= end - first
        return found

    def _give_back(self) -> list[Stretch]:
        rows = [*self.rows]
        self.rows.clear()
        return rows

    def leave(self) -> list[Stretch]:
        """It has said its last word: all that it did not send is back."""
        rows = [*self._give_back(), *self.unsent]
        self.unsent = RowRanges()
        self.has_left = True
        self.lose()
        return rows

    def lose(self) -> None:
        """It is gone without a word: nobody knows which of its rows were sent. One that comes back
        still has to say what it did when it was asked to give back: it may have dropped rows."""
        self.is_present = self.is_waiting = False

    @property
    def unknown(self) -> RowRanges:
        """Rows of which it has not said that they were sent."""
        return RowRanges([*self.unsent, *self.rows])
