"""The master's view of a run: the newest snapshot of each process, and their sum."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass, field

from msgspec.structs import replace

from jobload.measure.bounds import Bounds, ImpossibleSnapshotError
from jobload.measure.quiet_stages import QuietStages, StageShare, Told, is_quiet
from jobload.measure.series import Series
from jobload.measure.snapshot import MalformedSnapshotError, Snapshot, StageKey, Traced, decode
from jobload.measure.stage_record import StageRecord

MOST_TRACED_KEPT = 10_000


@dataclass(slots=True, eq=False)
class WorkerView:
    """What the master knows of one process. Times are seconds of the run; `left_s` is when it said
    its last word before it was asked to."""

    id: str
    joined_s: float
    heard_s: float
    late: bool = False
    lost: bool = False
    left_s: float | None = None
    newest: Snapshot | None = None
    longest_silence_s: float = 0.0
    cpu_peak_percent: float = 0.0
    stages: dict[StageKey, StageRecord] = field(default_factory=dict)
    quiet: dict[StageKey, StageShare] = field(default_factory=dict)
    """Of which it has no more to say."""

    @property
    def final(self) -> bool:
        return self.newest is not None and self.newest.final

    @property
    def at_work(self) -> Snapshot | None:
        """Its newest word, unless that was its last, or it is lost."""
        return None if self.lost or self.final else self.newest

    @property
    def told_until_s(self) -> float:
        """What it did up to here is known; a word may be of a second long past."""
        return 0.0 if self.newest is None else min(self.newest.second + 1.0, self.heard_s)

    @property
    def requests(self) -> int:
        quiet = sum(stage.started for stage in self.quiet.values())
        return quiet + sum(stage.started for stage in self.stages.values())

    def told(self, key: StageKey) -> Told | None:
        return self.stages.get(key) or self.quiet.get(key)


class Collector:
    """Keeps the newest snapshot of each worker of the roster, of which the stages that are over are
    merged; counts and drops all others.

    A worker that says what can't be is believed nothing more: `impossible` has a sentence on each.
    """

    def __init__(self, run_id: str, bounds: Bounds | None = None) -> None:
        self.run_id = run_id
        self.bounds = bounds or Bounds()
        self.impossible: dict[str, str] = {}
        self.workers: dict[str, WorkerView] = {}
        self.dropped: Counter[str] = Counter()
        self.series = Series()
        self._quiet = QuietStages()
        self._traced: deque[tuple[str, Traced]] = deque(maxlen=MOST_TRACED_KEPT)

    def enroll(self, worker: str, now_s: float, late: bool = False) -> None:
        """Puts a process on the roster: from now on its word counts and its silence tells."""
        if worker not in self.workers:
            self.workers[worker] = WorkerView(worker, joined_s=now_s, heard_s=now_s, late=late)

    def receive(self, sender: str, packed: object, now_s: float) -> Snapshot | None:
        """Takes a snapshot as it came over the wire; None when it was dropped."""
        view = self.workers.get(sender)
        if view is None or view.lost:
            return self._dropped("stranger" if view is None else "stale")
        try:
            if not self.bounds.check_size(packed, self.run_id):
                return self._dropped("other_run")
            snapshot = decode(packed)
        except MalformedSnapshotError:
            return self._dropped("malformed")
        except ImpossibleSnapshotError as error:
            self.disbelieve(view.id, error)
            return None
        if snapshot.worker != sender:
            return self._dropped("forged")
        return self.take(snapshot, now_s)

    def take(self, snapshot: Snapshot, now_s: float) -> Snapshot | None:
        if snapshot.run_id != self.run_id:
            return self._dropped("other_run")
        view = self.workers.get(snapshot.worker)
        if view is None:
            return self._dropped("stranger")
        if view.newest is not None and snapshot.process != view.newest.process:
            return self._dropped("namesake")
        if view.lost or view.final or (view.newest and snapshot.seq <= view.newest.seq):
            return self._dropped("stale")
        self._hear_again(view, snapshot)
        try:
            records = self.bounds.admit(snapshot, view.stages, now_s)
        except ImpossibleSnapshotError as error:
            self.disbelieve(view.id, error)
            return None
        self._accept(view, snapshot, records, now_s)
        return snapshot

    def disbelieve(self, worker: str, why: Exception) -> None:
        """It said what can't be, in a snapshot or elsewhere."""
        self.impossible[worker] = str(why)
        self.write_off(worker)
        self.refuse("impossible")

    def refuse(self, why: str) -> None:
        """Counts a message that was none."""
        self.dropped[why] += 1

    def _dropped(self, why: str) -> Snapshot | None:
        self.refuse(why)
        return None

    def _accept(
        self,
        view: WorkerView,
        snapshot: Snapshot,
        records: dict[StageKey, StageRecord],
        now_s: float,
    ) -> None:
        for key, record in records.items():
            older = record if key in view.quiet else view.stages.get(key)
            self.series.add(key, snapshot.second, view.id, record, older)
            if key not in view.quiet:
                view.stages[key] = record
        self._traced.extend((view.id, each) for each in snapshot.traced if view.told(each.key))
        self.series.note_users(snapshot.second, snapshot.worker, snapshot.users)
        view.longest_silence_s = max(view.longest_silence_s, now_s - view.heard_s)
        view.heard_s = now_s
        view.cpu_peak_percent = max(view.cpu_peak_percent, snapshot.cpu_percent)
        view.newest = replace(snapshot, stages=[])
        self._put_aside(view, () if snapshot.final else records)

    def _hear_again(self, view: WorkerView, snapshot: Snapshot) -> None:
        """It may have more to say of a stage that was quiet."""
        for report in snapshot.stages:
            key = report.key
            if key in view.quiet and not self._quiet.says_the_same(view.id, key, report.record):
                del view.quiet[key]
                view.stages[key] = self._quiet.take(view.id, key)

    def _put_aside(self, view: WorkerView, spoken_of: Collection[StageKey]) -> None:
        """A process tells several times of a stage that is over, and then no more."""
        for key in [key for key in view.stages if key not in spoken_of]:
            if is_quiet(view.stages[key]):
                view.quiet[key] = self._quiet.put(view.id, key, view.stages.pop(key))

    def take_traced(self) -> list[tuple[str, Traced]]:
        """Operations that were traced since the last time, each with its worker."""
        traced = [*self._traced]
        self._traced.clear()
        return traced

    def stage(self, key: StageKey) -> StageRecord:
        """The sum over all processes, to be read only."""
        records = [view.stages[key] for view in self.workers.values() if key in view.stages]
        quiet = self._quiet.sum(key)
        if not records:
            return quiet
        if len(records) == 1 and not any(key in view.quiet for view in self.workers.values()):
            return records[0]
        whole = quiet.copy()
        for record in records:
            whole.merge(record)
        return whole

    def record_of(self, worker: str, key: StageKey) -> StageRecord:
        """What one process has told of a stage, whole."""
        view = self.workers[worker]
        return self._quiet.get(worker, key) if key in view.quiet else view.stages[key]

    def write_off(self, worker: str) -> None:
        """A process is gone: what it last had in flight is censored, its backlog missed."""
        view = self.workers[worker]
        if view.lost or view.final:
            return
        view.lost = True
        for record in view.stages.values():
            record.missed = record.offered - record.started - record.surplus
            record.waiting = 0
            lost = record.completion.in_flight
            record.completion.abandon("worker-lost", f"worker {worker} was lost", lost)
            for endpoint in (*record.operations, *record.steps.values()):
                endpoint.censored += endpoint.in_flight
        self._put_aside(view, ())
