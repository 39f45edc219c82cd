"""Hands out the rows of a run, where it is led: the only process that reads the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from jobload.load.rows.holding import ImpossibleRowsError
from jobload.load.rows.messages import (
    LARGEST_PIECE_BYTES,
    LARGEST_STRETCH_BYTES,
    Answer,
    Given,
    Recalled,
    Spent,
    Wanted,
    digest_of,
)
from jobload.load.rows.pool import Grant, Pool, Refusal, Word
from jobload.load.rows.rows import Outline
from jobload.measure.row_ranges import Stretch
from jobload.measure.row_use import RowUse, SourceFigures
from jobload.plan.flow.sources import SourceKey, key_of, sources_of
from jobload.plan.flow.table import Table
from jobload.plan.scenario import Scenario

Letter = tuple[str, Answer]
"""To whom, and what."""


class HandOut:
    def __init__(
        self,
        run_id: str,
        scenarios: Sequence[Scenario],
        tables: Mapping[SourceKey, Table],
    ) -> None:
        self._run_id = run_id
        self._scenarios = scenarios
        self._keys = sources_of(scenarios)
        self._tables = [tables[key] for key in self._keys]
        self._pools = [
            Pool(len(table), _fitting(table)) if key.each == "once" else None
            for key, table in zip(self._keys, self._tables, strict=True)
        ]
        self._told: dict[tuple[str, int], RowUse] = {}
        """Of sources whose rows come again."""

    @property
    def outlines(self) -> tuple[Outline, ...]:
        return tuple(Outline(table.columns, len(table)) for table in self._tables)

    def wanted(self, worker: str, wanted: Wanted) -> list[Letter]:
        """ImpossibleRowsError: nothing that this process says can be believed."""
        use = wanted.use
        self._check(use)
        if (pool := self._pools[use.source]) is not None:
            words = pool.hear(worker, use, wanted.want, wanted.urgent)
            return [*self._letters(use.source, words)]
        self._note(worker, use)
        table = self._tables[use.source]
        if not wanted.want or use.received >= len(table):
            return []
        end = table.end_within(use.received, len(table), LARGEST_PIECE_BYTES)
        return [(worker, self._given(use.source, use.received, (use.received, end)))]

    def told(self, worker: str, uses: Iterable[RowUse], final: bool) -> list[Letter]:
        """What came with a snapshot; `final`: it was the last word of that process."""
        letters: list[Letter] = []
        for use in uses:
            self._check(use)
            if (pool := self._pools[use.source]) is None:
                self._note(worker, use)
                continue
            letters += self._letters(use.source, pool.hear(worker, use))
            if final:
                letters += self._letters(use.source, pool.leave(worker))
        return letters

    def lost(self, worker: str) -> list[Letter]:
        return [
            letter
            for source, pool in enumerate(self._pools)
            if pool is not None
            for letter in self._letters(source, pool.lose(worker))
        ]

    def _check(self, use: RowUse) -> None:
        if use.source >= len(self._keys):
            raise ImpossibleRowsError("it tells of a source of rows that is not in the plan")

    def _note(self, worker: str, use: RowUse) -> None:
        told = self._told.get((worker, use.source))
        if told is None or use.seq > told.seq:
            self._told[worker, use.source] = use

    def _letters(self, source: int, words: Iterable[Word]) -> Iterator[Letter]:
        for word in words:
            if isinstance(word, Grant):
                yield word.worker, self._given(source, word.number, word.rows)
            elif isinstance(word, Refusal):
                yield word.worker, Spent(self._run_id, source)
            else:
                yield word.worker, Recalled(self._run_id, source, word.number, word.granted)

    def _given(self, source: int, number: int, rows: Stretch) -> Given:
        packed = self._tables[source].packed(*rows)
        return Given(self._run_id, source, number, rows[0], packed, digest_of(packed))

    def figures(self) -> list[SourceFigures]:
        return [self._figures(source) for source in range(len(self._keys))]

    def _figures(self, source: int) -> SourceFigures:
        key, pool = self._keys[source], self._pools[source]
        users = [
            (position, name)
            for position, scenario in enumerate(self._scenarios)
            for name, data in scenario.data.items()
            if key_of(data) == key
        ]
        figures = SourceFigures(
            name=users[0][1],
            file=key.file,
            each=key.each,
            total=len(self._tables[source]),
            positions=tuple(dict.fromkeys(position for position, _ in users)),
        )
        if pool is None:
            uses = [use for (_, number), use in self._told.items() if number == source]
            figures.sent = sum(use.taken for use in uses)
            figures.without = sum(use.without for use in uses)
        else:
            figures.sent, figures.given_back = pool.sent, pool.given_back
            figures.lost, figures.without = pool.unknown(), pool.without
        return figures


def _fitting(table: Table) -> Callable[[Stretch], Stretch]:
    def fitting(rows: Stretch) -> Stretch:
        return rows[0], table.end_within(*rows, LARGEST_STRETCH_BYTES)

    return fitting
