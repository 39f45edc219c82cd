"""What happened second by second, for windows and charts.

Snapshots are cumulative, so a second is the difference of two of them: nothing extra is counted in
the hot path, and a lost snapshot only makes one step longer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jobload.measure.histogram import Histogram
from jobload.measure.snapshot import StageKey
from jobload.measure.stage_record import EndpointRecord, StageRecord


@dataclass(slots=True, eq=False)
class Second:
    """One second of one stage, over all processes. Operations count in the second they ended in."""

    offered: int = 0
    started: int = 0
    missed: int = 0
    succeeded: int = 0
    failed: int = 0
    retries: int = 0
    ended_good: int = 0
    ended_bad: int = 0
    response_time: Histogram = field(default_factory=Histogram)
    service_time: Histogram = field(default_factory=Histogram)

    def merge(self, other: Second) -> None:
        self.offered += other.offered
        self.started += other.started
        self.missed += other.missed
        self.succeeded += other.succeeded
        self.failed += other.failed
        self.retries += other.retries
        self.ended_good += other.ended_good
        self.ended_bad += other.ended_bad
        self.response_time.merge(other.response_time)
        self.service_time.merge(other.service_time)


class Series:
    """`stages[key][second]`, seconds counted from the start of the run."""

    def __init__(self) -> None:
        self.stages: dict[StageKey, dict[int, Second]] = {}
        self._users: dict[int, dict[str, int]] = {}

    def add(
        self, key: StageKey, second: int, newer: StageRecord, older: StageRecord | None
    ) -> None:
        step = _difference(newer, older or StageRecord())
        if step is None:
            return
        seconds = self.stages.setdefault(key, {})
        if (known := seconds.get(second)) is None:
            seconds[second] = step
        else:
            known.merge(step)

    def note_users(self, second: int, worker: str, users: int) -> None:
        """The most of a second counts: the final snapshot comes when all users have gone."""
        of_second = self._users.setdefault(second, {})
        of_second[worker] = max(users, of_second.get(worker, 0))

    def users(self, second: int) -> int:
        return sum(self._users.get(second, {}).values())

    def window(self, key: StageKey, first: int, length: int) -> Second:
        """Seconds `first` to `first + length - 1` of a stage as one."""
        whole = Second()
        seconds = self.stages.get(key, {})
        for second in range(first, first + length):
            if (step := seconds.get(second)) is not None:
                whole.merge(step)
        return whole


def _difference(newer: StageRecord, older: StageRecord) -> Second | None:
    step = Second(
        offered=newer.offered - older.offered,
        started=newer.started - older.started,
        missed=newer.missed - older.missed,
        ended_good=newer.ended_good - older.ended_good,
        ended_bad=newer.ended_bad - older.ended_bad,
    )
    for name, new in newer.endpoints.items():
        old = older.endpoints.get(name) or EndpointRecord()
        step.succeeded += new.succeeded - old.succeeded
        step.failed += new.failed - old.failed
        step.retries += new.retries - old.retries
        step.response_time.merge(new.response_time.since(old.response_time))
        step.service_time.merge(new.service_time.since(old.service_time))
    return step if _anything(step) else None


def _anything(step: Second) -> bool:
    counts = (
        step.offered,
        step.started,
        step.missed,
        step.succeeded,
        step.failed,
        step.retries,
        step.ended_good,
        step.ended_bad,
    )
    return any(counts)
