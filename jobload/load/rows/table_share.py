"""A source whose rows come again: every process has all of them."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from gevent.event import Event

from jobload.load.rows.messages import Given
from jobload.load.rows.once_share import ASK_AGAIN_S, Ask
from jobload.load.rows.row import RowsSpent
from jobload.measure.row_use import RowUse
from jobload.plan.flow.table import Table

COMPLETE_WITHIN_S = 60.0


class TableShare:
    """Asks for the next piece when it has one. `turn` has the order of the rows."""

    def __init__(
        self,
        source: int,
        name: str,
        ask: Ask,
        columns: tuple[str, ...],
        total: int,
        turn: Iterator[int],
    ) -> None:
        self._source = source
        self._name = name
        self._ask = ask
        self._table = Table(columns)
        self._total = total
        self._turn = turn
        self._complete = Event()
        self._asked_s = -ASK_AGAIN_S
        self._seq = self._sent = self._without = 0

    @property
    def missing(self) -> int:
        return self._total - len(self._table)

    def next_index(self) -> int:
        if not self._complete.is_set() and not self._complete.wait(COMPLETE_WITHIN_S):
            self._without += 1
            raise RowsSpent(
                f"{self._name}: {self.missing:,} of {self._total:,} rows did not come from the"
                f" master within {COMPLETE_WITHIN_S:g} s"
            )
        return next(self._turn)

    def packed(self, index: int) -> bytes:
        return self._table.packed(index, index + 1)

    def sent(self, index: int) -> None:
        self._sent += 1

    def release(self, index: int) -> None:
        """It comes again anyway."""

    def stock_up(self) -> None:
        if self.missing and perf_counter() >= self._asked_s + ASK_AGAIN_S:
            self._ask_for_more()

    def _ask_for_more(self) -> None:
        self._asked_s = perf_counter()
        self._ask(self.use(), 1, False)

    def give(self, given: Given) -> None:
        if not self.missing or given.first != len(self._table):
            return
        self._table.add_packed(given.rows)
        if self.missing:
            self._ask_for_more()
        else:
            self._complete.set()

    def use(self) -> RowUse:
        self._seq += 1
        return RowUse(
            source=self._source,
            seq=self._seq,
            received=len(self._table),
            taken=self._sent,
            without=self._without,
        )

    def close(self) -> None:
        """Who takes a row now does no harm."""
