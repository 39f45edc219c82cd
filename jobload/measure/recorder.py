"""Everything one load-generating process has counted in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

from jobload.measure.ledger import Ledger
from jobload.measure.snapshot import StageKey, StageReport
from jobload.measure.stage_record import StageRecord

REPEATS = 5
"""A stage that no longer changes is sent this many more times, then only in the final snapshot."""


class Recorder:
    """`current` is the stage that operations ending now are counted in; none between stages."""

    def __init__(self) -> None:
        self.stages: dict[StageKey, StageRecord] = {}
        self.current: StageRecord | None = None
        self.ledger = Ledger()
        self._still_to_send: dict[StageKey, int] = {}
        self._ended_s: dict[int, float] = {}
        self._began: list[tuple[float, StageRecord]] = []
        self._closed: list[tuple[int, StageRecord, float, float]] = []
        self._key: StageKey = (0, 0)
        self._has_rate = True

    def enter(self, key: StageKey, *, has_rate: bool = True) -> StageRecord:
        record = self.stages.get(key)
        if record is None:
            record = self.stages[key] = StageRecord()
        self.leave()
        self.current, self._key, self._has_rate = record, key, has_rate
        self._began.append((perf_counter(), record))
        return record

    def stage_at(self, at_s: float) -> StageRecord | None:
        """The one that had begun last by then, or the first; None before any."""
        for began_s, record in reversed(self._began):
            if began_s <= at_s:
                return record
        return self._began[0][1] if self._began else None

    def leave(self) -> None:
        if self.current is not None:
            self._ended_s[id(self.current)] = ended_s = perf_counter()
            if not self._has_rate:
                began_s, _ = self._began[-1]
                self._closed.append((self._key[0], self.current, began_s, ended_s))
        self.current = None

    def closed_between(
        self, from_s: float, until_s: float
    ) -> Iterator[tuple[int, StageRecord, float, float]]:
        """Stages without a rate that began and ended then, each with the position of its scenario,
        its beginning and its end; the newest first."""
        for closed in reversed(self._closed):
            _, _, began_s, ended_s = closed
            if began_s <= from_s:
                return
            if ended_s <= until_s:
                yield closed

    def over_s(self, stage: StageRecord, at_s: float) -> float:
        """How long before `at_s` the stage had ended."""
        if stage is self.current:
            return 0.0
        return max(0.0, at_s - self._ended_s.get(id(stage), at_s))

    def ended(self, good: bool) -> None:
        """An operation, of whatever stage, has ended now."""
        if (stage := self.current) is not None:
            if good:
                stage.ended_good += 1
            else:
                stage.ended_bad += 1

    def carried(self, stage: StageRecord) -> None:
        """A request is sent now, of an operation of a stage that is over."""
        stage.carried -= 1
        if self.current is not None:
            self.current.carried += 1

    @property
    def in_flight(self) -> int:
        return sum(stage.in_flight for stage in self.stages.values())

    def reports(
        self, everything: bool, add_states: Callable[[StageRecord, StageRecord], None]
    ) -> list[StageReport]:
        """`add_states(stage, copy)` puts into the copy of a stage how it stands at this moment."""
        reports = []
        for key, record in self.stages.items():
            if everything or self._worth_sending(key, record):
                copy = record.copy()
                add_states(record, copy)
                reports.append(StageReport(key, copy))
        return reports

    def _worth_sending(self, key: StageKey, record: StageRecord) -> bool:
        if record is self.current or record.in_flight:
            self._still_to_send[key] = REPEATS
            return True
        left = self._still_to_send.get(key, REPEATS)
        self._still_to_send[key] = left - 1
        return left > 0
