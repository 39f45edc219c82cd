"""What a worker may say, given the plan of the run: no more than could have happened.

Whoever holds the token may still lie within these bounds, and report failures as successes. They
keep the master's memory and time bounded by the plan, and a broken worker from passing for a sound
one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import repeat
from operator import le
from typing import Annotated

import msgspec

from jobload.measure.contradictions import contradictions, is_name, is_text, texts_of
from jobload.measure.error_counts import ErrorCounts
from jobload.measure.histogram import Histogram
from jobload.measure.ledger import LedgerEntry
from jobload.measure.record import Record, parts_of
from jobload.measure.snapshot import MalformedSnapshotError, Snapshot, StageKey
from jobload.measure.stage_record import StageRecord

KILOBYTE = 1024
LARGEST_STAGE_BYTES = 4096 * KILOBYTE
LARGEST_LEDGER_BYTES = 2048 * KILOBYTE
LARGEST_REST_BYTES = 256 * KILOBYTE
MOST_PER_SECOND = 250_000
"""Operations of one process, several times what the fastest client comes to."""
MOST_REPORTS_PER_SECOND = 20
MOST_USERS = 100_000
MOST_ENDPOINTS = 200
MOST_CORES = 1024
MOST_SENTENCES = 1000
SLACK_S = 5.0
SLACK_SHARE = 0.001
"""Clocks of two machines drift apart by a tenth of this."""


class ImpossibleSnapshotError(ValueError):
    """One phrase on what can't be so."""


class _Outline(msgspec.Struct):
    """The large parts of a packed snapshot, unread: what is read takes many times the memory."""

    run_id: str
    stages: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=100_000)]
    ledger: msgspec.Raw


_outline = msgspec.msgpack.Decoder(_Outline)


class Bounds:
    """`begun` has the stages that have begun, with the second of the run at which they did; without
    it only what speaks against itself is found. `names` has by the position of a scenario all that
    its flows and steps are called, where the plan alone says so."""

    def __init__(
        self,
        begun: Mapping[StageKey, Sequence[float]] | None = None,
        names: Mapping[int, frozenset[str] | None] | None = None,
    ) -> None:
        self._begun = begun
        self._names = names or {}

    def check_size(self, packed: object, run_id: str) -> bool:
        """Before anything of it is read. False: it is of another run, and other bounds hold."""
        if not isinstance(packed, bytes):
            raise MalformedSnapshotError(f"bytes expected, got {type(packed).__name__}")
        try:
            outline = _outline.decode(packed)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedSnapshotError(str(error)) from error
        if outline.run_id != run_id:
            return False
        sizes = [len(stage) for stage in outline.stages]
        ledger = len(outline.ledger)
        if self._begun is not None and len(sizes) > len(self._begun):
            raise ImpossibleSnapshotError(
                f"it has {len(sizes):,} stages, and {len(self._begun):,} have begun"
            )
        _refuse_if(max(sizes, default=0) > LARGEST_STAGE_BYTES, "a stage has too many figures")
        _refuse_if(ledger > LARGEST_LEDGER_BYTES, "its ledger is too long")
        _refuse_if(len(packed) - sum(sizes) - ledger > LARGEST_REST_BYTES, "it is too large")
        return True

    def admit(
        self, snapshot: Snapshot, before: Mapping[StageKey, StageRecord], now_s: float
    ) -> dict[StageKey, StageRecord]:
        """Its stages. `before` are those of the same process as it last told of them."""
        self._check_head(snapshot, now_s)
        records: dict[StageKey, StageRecord] = {}
        for report in snapshot.stages:
            key, record = report.key, report.record
            _refuse_if(key in records, "it has a stage twice")
            for parts in record.parts:
                _refuse_if(len(parts) > MOST_ENDPOINTS, "a stage has too many endpoints")
            if (known := self._names.get(key[0])) is not None:
                _refuse_if(not record.names <= known, "it has a step that the plan has not")
            records[key] = record
            for sentence in contradictions(record):
                raise ImpossibleSnapshotError(sentence)
            if self._begun is not None:
                _refuse_if(key not in self._begun, "it has a stage that has not begun")
                until_s = now_s + _slack_s(now_s)
                _check_times(record, until_s - self._begun[key][0], until_s)
            if (older := before.get(key)) is not None and not _has_grown(older, record):
                raise ImpossibleSnapshotError("a count has become smaller")
        _check_ledger(snapshot, {**before, **records})
        return records

    def _check_head(self, snapshot: Snapshot, now_s: float) -> None:
        for sentences in (snapshot.pauses, snapshot.crashes):
            _refuse_if(len(sentences) > MOST_SENTENCES, "it has too many sentences")
            _refuse_if(any(not is_text(s) for s in sentences), "a sentence commands a terminal")
        _refuse_if(snapshot.users > MOST_USERS, "it has more users than a process can")
        told = [text for each in snapshot.traced for text in texts_of(each.operation)]
        _refuse_if(any(not is_name(text) for text in told), "a trace has what can't be shown")
        if self._begun is None:
            return
        until_s = now_s + _slack_s(now_s)
        _refuse_if(snapshot.second > until_s, "its second lies in the future")
        _refuse_if(snapshot.seq > MOST_REPORTS_PER_SECOND * until_s, "it reports too often")


def _refuse_if(broken: bool, sentence: str) -> None:
    if broken:
        raise ImpossibleSnapshotError(sentence)


def _slack_s(now_s: float) -> float:
    return SLACK_S + SLACK_SHARE * now_s


def _check_times(record: StageRecord, elapsed_s: float, run_s: float) -> None:
    """Nothing took longer, and no more was done, than there was time for. A request of no operation
    may have begun before its stage."""
    steps = {id(h) for step in record.steps.values() for h in _histograms(step)}
    for histogram in _histograms(record):
        is_step = bool(record.outside) and id(histogram) in steps
        most_us = (run_s if is_step else elapsed_s) * 1e6
        _refuse_if(histogram.max_us > most_us, "a time is longer than the stage so far")
    seconds = max(len(record.unstarted), len(record.displaced))
    _refuse_if(seconds > elapsed_s + 1, "it has more seconds than have passed")
    users_s = record.user_us / 1e6 / MOST_USERS
    spent_s = max(users_s, record.wall_s, record.stolen_s, record.cpu_s / MOST_CORES)
    spent_s = max(spent_s, record.paused_us / 1e6 / MOST_USERS)
    _refuse_if(spent_s > elapsed_s, "it has spent more time than has passed")
    attempts = sum(endpoint.attempts for endpoint in record.operations)
    attempts = max(attempts, sum(step.attempts for step in record.steps.values()))
    most = max(record.started, record.ended_good + record.ended_bad, attempts)
    most = max(most, record.completion.followed, record.completion.polls)
    _refuse_if(most > MOST_PER_SECOND * elapsed_s, "it has done more than a process can")


def _histograms(part: object) -> Iterator[Histogram]:
    """All of a record, wherever in it."""
    if isinstance(part, Histogram):
        yield part
    elif isinstance(part, dict):
        for each in part.values():
            yield from _histograms(each)
    elif isinstance(part, Record) and not isinstance(part, ErrorCounts):
        for name in part.__struct_fields__:
            yield from _histograms(getattr(part, name))


def _has_grown(older: Record, newer: Record) -> bool:
    """Snapshots are cumulative: no count of a process ever becomes smaller.

    Of most stages, those that are over, nothing changes any more, and histograms are long.
    """
    if older == newer:
        return True
    if isinstance(older, Histogram) and isinstance(newer, Histogram):
        now = map(newer.counts.get, older.counts, repeat(-1))
        return newer.sum_us >= older.sum_us and all(map(le, older.counts.values(), now))
    counts, parts = _growing(type(older))
    for name in counts:
        if not getattr(newer, name) >= getattr(older, name):
            return False
    return all(_part_has_grown(getattr(older, name), getattr(newer, name)) for name in parts)


@cache
def _growing(kind: type[Record]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Fields that are numbers, and those that are records or dicts."""
    free, parts = kind.STATES | kind.SIGNED | kind.WHOLE, parts_of(kind)
    names = [name for name in kind.__struct_fields__ if name not in free]
    return tuple(n for n in names if n not in parts), tuple(n for n in names if n in parts)


def _part_has_grown(older: object, newer: object) -> bool:
    if isinstance(older, Record) and isinstance(newer, Record):
        return _has_grown(older, newer)
    if isinstance(older, dict) and isinstance(newer, dict):
        return all(key in newer and _part_has_grown(old, newer[key]) for key, old in older.items())
    if isinstance(older, int | float) and isinstance(newer, int | float):
        return newer >= older
    return True  # a text


# --- ledger ---------------------------------------------------------------------------------


def _check_ledger(snapshot: Snapshot, stages: Mapping[StageKey, StageRecord]) -> None:
    entries = snapshot.ledger
    _refuse_if(bool(entries) and not snapshot.final, "it has a ledger before the end")
    _refuse_if(len({entry.user for entry in entries}) < len(entries), "a user has two ledgers")
    left: Counter[int] = Counter()
    for key, record in stages.items():
        left[key[0]] += _operations(record)
    for entry in entries:
        left[entry.position] -= entry.keys
    _refuse_if(min(left.values(), default=0) < 0, "its ledger has more than it has done")
    _refuse_if(any(not _is_sound(e) for e in entries), "its ledger speaks against itself")


def _operations(record: StageRecord) -> int:
    return max(record.started, sum(e.attempts for e in record.operations))


def _is_sound(entry: LedgerEntry) -> bool:
    counts = entry.unacknowledged
    if not counts:
        return True
    return len(counts) == len(set(counts)) and min(counts) >= 1 and max(counts) <= entry.keys
