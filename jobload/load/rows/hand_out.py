"""Hands out the rows of a run, where it is led: the only process that reads the files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from jobload.load.rows.holding import ImpossibleRowsError
from jobload.load.rows.messages import LARGEST_PIECE_BYTES, Given, Letter, Wanted
from jobload.load.rows.pool import Pool
from jobload.load.rows.rows import Outline
from jobload.measure.row_use import RowUse, SourceFigures
from jobload.plan.flow.sources import SourceKey, key_of, sources_of
from jobload.plan.flow.table import Table
from jobload.plan.scenario import Scenario


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
            Pool(run_id, source, tables[key]) if key.each == "once" else None
            for source, key in enumerate(self._keys)
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
            return pool.hear(worker, use, wanted.want, wanted.urgent)
        self._note(worker, use)
        table = self._tables[use.source]
        if not wanted.want or use.received >= len(table):
            return []
        first = use.received
        rows = first, table.end_within(first, len(table), LARGEST_PIECE_BYTES)
        return [(worker, Given.of(self._run_id, use.source, first, table, rows))]

    def told(self, worker: str, uses: Iterable[RowUse], final: bool) -> list[Letter]:
        """What came with a snapshot; `final`: it was the last word of that process."""
        letters: list[Letter] = []
        for use in uses:
            self._check(use)
            if (pool := self._pools[use.source]) is None:
                self._note(worker, use)
                continue
            letters += pool.hear(worker, use)
            if final:
                letters += pool.leave(worker)
        return letters

    def lost(self, worker: str) -> list[Letter]:
        return [letter for pool in self._pools if pool is not None for letter in pool.lose(worker)]

    def _check(self, use: RowUse) -> None:
        if use.source >= len(self._keys):
            raise ImpossibleRowsError("it tells of a source of rows that is not in the plan")

    def _note(self, worker: str, use: RowUse) -> None:
        told = self._told.get((worker, use.source))
        if told is None or use.seq > told.seq:
            self._told[worker, use.source] = use

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
