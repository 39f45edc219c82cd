"""What happened second by second, for windows and charts, in bounded memory.

Snapshots are cumulative, so a second is the difference of two of them: nothing extra is counted in
the hot path, and a lost snapshot only makes one step longer.
"""

from __future__ import annotations

from array import array

from jobload.measure.snapshot import StageKey
from jobload.measure.stage_record import StageRecord
from jobload.measure.stage_seconds import OPEN_S, Row, StageSeconds

BUDGET_BYTES = 16 * 1024 * 1024


class Series:
    """`stages[key]` has the seconds of a stage, counted from the start of the run."""

    def __init__(self) -> None:
        self.stages: dict[StageKey, StageSeconds] = {}
        self.budget_bytes = BUDGET_BYTES
        self._users: dict[int, dict[str, int]] = {}
        self._users_past = array("L")
        self._users_told: dict[str, tuple[int, int]] = {}
        """By worker: the newest second it told of, and its users then."""
        self._told: dict[tuple[StageKey, int], set[str]] = {}

    def add(
        self,
        key: StageKey,
        second: int,
        worker: str,
        newer: StageRecord,
        older: StageRecord | None,
    ) -> None:
        step = newer.since(older or StageRecord())
        seconds = self.stages.setdefault(key, StageSeconds())
        told = self._told.setdefault((key, second), set())
        seconds.add(second, step, again=worker in told)
        told.add(worker)
        if len(self._told) > 4 * OPEN_S:
            self._told = {at: who for at, who in self._told.items() if at[1] > second - OPEN_S}
        if self.size_bytes > self.budget_bytes:
            by_size = sorted(self.stages.values(), key=lambda each: each.size_bytes, reverse=True)
            any(each.coarsen() for each in by_size)

    @property
    def size_bytes(self) -> int:
        return sum(each.size_bytes for each in self.stages.values())

    def note_users(self, second: int, worker: str, users: int) -> None:
        """The most of a second counts: the final snapshot comes when all users have gone. In a few
        seconds that a worker leaves out, as it stood still, its users were there all the same."""
        told_s, told = self._users_told.get(worker, (second, users))
        if second - told_s <= OPEN_S:
            for left_out in range(max(told_s + 1, len(self._users_past)), second):
                self._users.setdefault(left_out, {})[worker] = told
        of_second = self._users.setdefault(second, {})
        of_second[worker] = max(users, of_second.get(worker, 0))
        self._users_told[worker] = second, of_second[worker]
        while len(self._users_past) < second - OPEN_S:
            past = self._users.pop(len(self._users_past), {})
            self._users_past.append(sum(past.values()))

    def users(self, second: int) -> int:
        if 0 <= second < len(self._users_past):
            return self._users_past[second]
        return sum(self._users.get(second, {}).values())

    def window(self, key: StageKey, first: int, length: int | None) -> StageRecord:
        """Seconds `first` to `first + length - 1` of a stage as one; without one, to the last."""
        return self._of(key).between(first, None if length is None else first + length)

    def offered(self, key: StageKey, second: int) -> int:
        return self._of(key).offered(second)

    def block_s(self, key: StageKey) -> int:
        """So many seconds of a stage, those that are old, are known as one only."""
        return self._of(key).width_s

    def rows(self, key: StageKey) -> list[Row]:
        return self._of(key).rows()

    def _of(self, key: StageKey) -> StageSeconds:
        """To be read only."""
        return self.stages.get(key) or StageSeconds()
