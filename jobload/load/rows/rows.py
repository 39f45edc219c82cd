"""The rows of one process in one run. Files stay where the run is led: rows come from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from jobload.load.rows.messages import Answer, Given, Recalled, Wanted
from jobload.load.rows.once_share import OnceShare
from jobload.load.rows.row import Row
from jobload.load.rows.row_order import at_random, in_turn
from jobload.load.rows.table_share import TableShare
from jobload.measure.row_use import RowUse
from jobload.plan.flow.sources import key_of, sources_of
from jobload.plan.scenario import Scenario

Share = OnceShare | TableShare
MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Outline:
    """What a process must know of a source before it has any row of it."""

    columns: tuple[str, ...]
    total: int


def _row(source: str, outline: Outline, index: int, packed: bytes) -> Row:
    values = dict(zip(outline.columns, orjson.loads(packed), strict=True))
    return Row(source, index + 1, values)


class ScenarioRows:
    """Rows by the names that the sources have in one scenario.

    An operation takes a row, and says when it is `sent`: before the first byte with something of it
    leaves. Else it is released when the operation has ended.
    """

    def __init__(self, shares: Mapping[str, tuple[Share, Outline]]) -> None:
        self._shares = shares
        self._known: dict[str, dict[int, Row]] = {
            source: {} for source, (share, _) in shares.items() if isinstance(share, TableShare)
        }
        """Rows that come again, as they were read."""

    def take(self, source: str, is_planned: bool = False) -> Row:
        """RowsSpent when there is none. May wait, while the one that leads has not answered.
        `is_planned`: there is a rate, and so it was made sure that there are rows for the plan."""
        share, outline = self._shares[source]
        if not isinstance(share, TableShare):
            return _row(source, outline, *share.take(is_planned))
        known, index = self._known[source], share.next_index()
        if (row := known.get(index)) is None:
            row = _row(source, outline, index, share.packed(index))
            if len(known) < MOST_KNOWN:
                known[index] = row
        return row

    def sent(self, row: Row) -> None:
        self._shares[row.source][0].sent(row.number - 1)

    def release(self, row: Row) -> None:
        """Does nothing to one that was sent."""
        self._shares[row.source][0].release(row.number - 1)


class Rows:
    """`tell` carries what is wanted to the one that leads; its answers are to be `hear`d."""

    def __init__(
        self,
        run_id: str,
        scenarios: Sequence[Scenario],
        outlines: Sequence[Outline],
        process: int,
        processes: int,
        tell: Callable[[Wanted], None],
    ) -> None:
        self._run_id = run_id
        self._tell = tell
        self._outlines = outlines
        self._scenarios = scenarios
        self._keys = sources_of(scenarios)
        self._shares = [
            self._share(number, process, processes) for number in range(len(self._keys))
        ]

    def _share(self, number: int, process: int, processes: int) -> Share:
        key, outline = self._keys[number], self._outlines[number]
        name, seed = next(
            (name, scenario.seed)
            for scenario in self._scenarios
            for name, data in scenario.data.items()
            if key_of(data) == key
        )
        if key.each == "once":
            return OnceShare(number, name, self._ask)
        if key.each == "loop":
            turn = in_turn(outline.total, process, processes)
        else:
            turn = at_random(outline.total, process, seed, number)
        return TableShare(number, name, self._ask, outline.columns, outline.total, turn)

    def _ask(self, use: RowUse, want: int, urgent: bool) -> None:
        self._tell(Wanted(self._run_id, use, want, urgent))

    def of(self, scenario: Scenario) -> ScenarioRows:
        numbers = {n: self._keys.index(key_of(source)) for n, source in scenario.data.items()}
        return ScenarioRows({n: (self._shares[i], self._outlines[i]) for n, i in numbers.items()})

    def stock_up(self) -> None:
        """To be called at the beginning, and now and then."""
        for share in self._shares:
            share.stock_up()

    def hear(self, answer: Answer) -> None:
        if answer.run_id != self._run_id or answer.source >= len(self._shares):
            return
        share = self._shares[answer.source]
        if isinstance(answer, Given):
            if answer.is_sound:
                share.give(answer)
        elif isinstance(share, TableShare):
            pass  # nobody needs its rows back, and there are some for all
        elif isinstance(answer, Recalled):
            share.recall(answer)
        else:
            share.refuse()

    @property
    def missing(self) -> int:
        """Rows that all processes must have, and that have not come yet."""
        return sum(share.missing for share in self._shares if isinstance(share, TableShare))

    def uses(self) -> list[RowUse]:
        return [share.use() for share in self._shares]

    def close(self) -> None:
        """Nothing is taken any more."""
        for share in self._shares:
            share.close()
