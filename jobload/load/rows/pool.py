"""Each row of a source for one operation of the whole run, whoever comes, goes or is killed.

A process is handed stretches of rows ahead of its need, smaller ones as rows get scarce. When none
is left and an operation somewhere waits for one, the process that has most gives back what it has
not taken; so a row is refused only when there is none anywhere. Rows that were handed out to a
process which is gone without a last word may have been sent, so nobody else gets them.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobload.load.rows.holding import Holding
from jobload.load.rows.messages import LARGEST_STRETCH_BYTES, Given, Letter, Recalled, Spent
from jobload.measure.row_ranges import RowRanges, Stretch
from jobload.measure.row_use import RowUse
from jobload.plan.flow.table import Table


class Pool:
    """What is said to whom is returned; letters may be lost, so what is asked again is answered
    again."""

    def __init__(self, run_id: str, source: int, table: Table) -> None:
        self._run_id = run_id
        self._source = source
        self._table = table
        self._untouched = 0
        """From here on no row was ever handed out."""
        self._back = RowRanges()
        self.holdings: dict[str, Holding] = {}

    def hear(self, worker: str, use: RowUse, want: int = 0, urgent: bool = False) -> list[Letter]:
        """ImpossibleRowsError: nothing that this process says can be believed."""
        holding = self.holdings.setdefault(worker, Holding())
        if holding.has_left:
            return []
        self._take_back(holding.hear(use))
        holding.is_present = True
        if want:
            holding.wants, holding.is_waiting = want, urgent
        return [*self._serve_waiting(), *self._answered(worker, holding)]

    def leave(self, worker: str) -> list[Letter]:
        """After its last word, which was heard."""
        if (holding := self.holdings.get(worker)) is None:
            return []
        self._take_back(holding.leave())
        return [*self._serve_waiting()]

    def lose(self, worker: str) -> list[Letter]:
        if (holding := self.holdings.get(worker)) is None or not holding.is_present:
            return []
        holding.lose()
        return [*self._serve_waiting()]

    def _take_back(self, rows: list[Stretch]) -> None:
        for first, end in rows:
            self._back.add(first, end)

    def _answered(self, worker: str, holding: Holding) -> Iterator[Letter]:
        if not holding.wants or holding.is_recalled:
            return
        if holding.told.received < holding.granted:
            yield worker, self._given(holding.repeat(), holding.newest)  # that one was lost
        elif (rows := self._next(holding.wants)) is not None:
            yield worker, self._given(holding.grant(rows), rows)

    def _given(self, number: int, rows: Stretch) -> Given:
        return Given.of(self._run_id, self._source, number, self._table, rows)

    def _next(self, want: int) -> Stretch | None:
        left = len(self._back) + len(self._table) - self._untouched
        if not left:
            return None
        sharers = sum(holding.is_present for holding in self.holdings.values())
        most = max(1, min(want, left // (2 * max(1, sharers))))
        if self._back:
            first, end = self._back.pop_first(most)
        else:
            first = self._untouched
            end = self._untouched = min(len(self._table), first + most)
        fitting = self._table.end_within(first, end, LARGEST_STRETCH_BYTES)
        self._back.add(fitting, end)
        return first, fitting

    def _serve_waiting(self) -> Iterator[Letter]:
        for worker, holding in self.holdings.items():
            if holding.is_waiting:
                yield from self._answered(worker, holding)
        waiting = [w for w, holding in self.holdings.items() if holding.is_waiting]
        if waiting:
            yield from self._recall(waiting)

    def _recall(self, waiting: list[str]) -> Iterator[Letter]:
        for worker, holding in self.holdings.items():
            if holding.is_recalled and holding.is_present:  # again, in case that it was lost
                yield self._recalled(worker, holding)
                return
        holders = {w: h for w, h in self.holdings.items() if h.is_present and h.rows}
        if not holders:
            for worker in waiting:
                self.holdings[worker].is_waiting = False
                yield worker, Spent(self._run_id, self._source)
            return
        worker = max(holders, key=lambda each: sum(e - f for f, e in holders[each].rows))
        holder = holders[worker]
        holder.recalls += 1
        holder.is_recalled = True
        yield self._recalled(worker, holder)

    def _recalled(self, worker: str, holding: Holding) -> Letter:
        return worker, Recalled(self._run_id, self._source, holding.recalls, holding.granted)

    # --- when the run is over ---------------------------------------------------------------

    @property
    def sent(self) -> int:
        return sum(holding.sent for holding in self.holdings.values())

    @property
    def given_back(self) -> int:
        return len(self._back)

    @property
    def without(self) -> int:
        return sum(holding.told.without for holding in self.holdings.values())

    def unknown(self) -> RowRanges:
        return RowRanges(rows for holding in self.holdings.values() for rows in holding.unknown)
