"""This process's part of a source of which each row is used once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil
from time import perf_counter

from gevent.event import Event

from jobload.load.rows.messages import MOST_WANTED, Given, Recalled
from jobload.load.rows.row import RowsSpent
from jobload.measure.row_ranges import RowRanges
from jobload.measure.row_use import MOST_STRETCHES, RowUse

AHEAD_S = 1.0
"""For so long the rows in stock last; more are asked for when half of them are taken."""
LEAST_IN_STOCK = 4
ANSWER_WITHIN_S = 10.0
ASK_AGAIN_S = 0.5
REFUSED_FOR_S = 1.0
"""After a refusal rows may come back from others, but nobody asks for each operation."""

Ask = Callable[[RowUse, int, bool], None]


class OnceShare:
    """`ask` tells the one that leads what was done, how many rows are wanted, and whether an
    operation waits for one; what comes of it comes through `give`, `refuse` and `recall`."""

    def __init__(
        self, source: int, name: str, ask: Ask, clock: Callable[[], float] = perf_counter
    ) -> None:
        self._source = source
        self._name = name
        self._ask = ask
        self._clock = clock
        self._packed: deque[tuple[int, bytes]] = deque()
        self._released: deque[tuple[int, bytes]] = deque()
        self._out: dict[int, bytes] = {}
        """Taken, and not known to be sent."""
        self._changed = Event()
        self._seq = self._received = self._taken = self._recall = self._without = 0
        self._in_stock = LEAST_IN_STOCK
        self._asked_s: float | None = None
        self._is_urgent = False
        self._stocked_s = clock()
        self._taken_then = 0
        self._refused_s = -REFUSED_FOR_S
        self._is_closed = False

    # --- operations -------------------------------------------------------------------------

    def take(self, is_planned: bool = False) -> tuple[int, bytes]:
        """The next row, packed, with its place in the file. RowsSpent when there is none."""
        row = self.take_at_hand()
        return self._await_row(is_planned) if row is None else row

    def take_at_hand(self) -> tuple[int, bytes] | None:
        if self._is_closed:
            return None
        if self._released:
            row = self._released.popleft()
        elif self._packed and len(self._out) < MOST_STRETCHES:
            row = self._packed.popleft()
            self._taken += 1
        else:
            return None
        self._out[row[0]] = row[1]
        self._restock()
        return row

    def sent(self, index: int) -> None:
        """To be called before the first byte of it leaves: what is not told may be given away."""
        self._out.pop(index, None)

    def release(self, index: int) -> None:
        """The operation that took it ended without sending it: the next one may have it."""
        if (packed := self._out.pop(index, None)) is not None:
            self._released.append((index, packed))
            self._changed.set()

    def _await_row(self, is_planned: bool) -> tuple[int, bytes]:
        if len(self._out) >= MOST_STRETCHES:
            raise self._none(f"{len(self._out):,} rows were taken, and neither sent nor released")
        deadline_s = self._clock() + ANSWER_WITHIN_S
        while not self._is_refused:
            if self._clock() >= deadline_s:
                raise self._none(f"nobody gave it a row within {ANSWER_WITHIN_S:g} s")
            self._changed.clear()
            if not (self._is_asking and self._is_urgent):
                self._ask_for_rows(urgent=True)
            self._changed.wait(ASK_AGAIN_S)  # not at all, if the answer has come at once
            if (row := self.take_at_hand()) is not None:
                return row
        all_used = "all its rows are used; add rows, or use each: loop"
        if is_planned:
            raise RowsSpent(f"{self._name}: {all_used}", is_surplus=True)
        raise self._none(all_used)

    @property
    def _is_refused(self) -> bool:
        return self._is_closed or self._clock() < self._refused_s + REFUSED_FOR_S

    def _none(self, why: str) -> RowsSpent:
        self._without += 1
        return RowsSpent(f"{self._name}: {why}")

    # --- stock ------------------------------------------------------------------------------

    def _restock(self) -> None:
        if 2 * len(self._packed) < self._in_stock and not self._is_asking:
            self._follow_need()
            self._ask_for_rows(urgent=False)

    def _follow_need(self) -> None:
        now_s = self._clock()
        rate = (self._taken - self._taken_then) / max(1e-3, now_s - self._stocked_s)
        self._stocked_s, self._taken_then = now_s, self._taken
        self._in_stock = min(MOST_WANTED, max(LEAST_IN_STOCK, ceil(rate * AHEAD_S)))

    @property
    def _is_asking(self) -> bool:
        return self._asked_s is not None and self._clock() < self._asked_s + ASK_AGAIN_S

    def _ask_for_rows(self, urgent: bool) -> None:
        self._asked_s, self._is_urgent = self._clock(), urgent
        self._ask(self.use(), max(1, self._in_stock - len(self._packed)), urgent)

    def stock_up(self) -> None:
        """To be called before the load, and now and then: what was lost on its way comes again."""
        if 2 * len(self._packed) < self._in_stock and not (self._is_asking or self._is_refused):
            self._ask_for_rows(urgent=False)

    # --- the word of the one that leads -----------------------------------------------------

    def give(self, given: Given) -> None:
        if given.number != self._received or self._is_closed:
            return  # it has come already
        self._received += 1
        rows = given.rows.splitlines()
        self._packed.extend(enumerate(rows, start=given.first))
        self._asked_s = None
        self._refused_s = -REFUSED_FOR_S
        self._changed.set()

    def refuse(self) -> None:
        self._refused_s = self._clock()
        self._asked_s = None
        self._changed.set()

    def recall(self, recalled: Recalled) -> None:
        if recalled.number > self._recall:
            self._packed.clear()
            self._received = max(self._received, recalled.granted)
            self._recall = recalled.number
        self._ask(self.use(), 0, False)

    def use(self) -> RowUse:
        self._seq += 1
        unsent = sorted([*self._out, *(index for index, _ in self._released)])
        return RowUse(
            source=self._source,
            seq=self._seq,
            received=self._received,
            taken=self._taken,
            unsent=[*RowRanges((row, row + 1) for row in unsent)],
            recall=self._recall,
            without=self._without,
        )

    def close(self) -> None:
        """The last word is said: nothing is taken any more."""
        self._is_closed = True
        self._changed.set()
