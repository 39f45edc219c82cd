"""What a process tells the master about once a second: everything it has counted so far.

Snapshots are cumulative and numbered, so a lost, repeated or reordered one does no harm. They are
packed by us and decoded into these types, so that a malformed one is refused as a whole.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from jobload.measure.completion import CompletionRecord
from jobload.measure.error_counts import ErrorCounts
from jobload.measure.histogram import LAST_INDEX, UNSET_MAX_US, UNSET_MIN_US, Histogram, lowest_us
from jobload.measure.ledger import LedgerEntry
from jobload.measure.stage_record import EndpointRecord, StageRecord

MOST = 2**53
"""No count of a real run comes near; sums of larger ones could not be written as JSON."""
LONGEST_RUN_S = 10_000_000

Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=MOST)]
StageKey = tuple[int, int]
"""(position of the scenario in the run, position of the stage in the scenario)"""


class PackedHistogram(msgspec.Struct, frozen=True, array_like=True):
    indices: list[Annotated[int, msgspec.Meta(ge=0, le=LAST_INDEX)]]
    counts: list[Annotated[int, msgspec.Meta(ge=1, le=MOST)]]
    sum_us: Count
    min_us: int
    max_us: int

    def __post_init__(self) -> None:
        if len(self.indices) != len(self.counts):
            raise ValueError("a histogram with unequal numbers of buckets and counts")
        if len(self.indices) != len(set(self.indices)):
            raise ValueError("a histogram with the same bucket twice")
        if not self._extremes_fit():
            raise ValueError("a histogram whose extremes or sum are not those of its buckets")

    def _extremes_fit(self) -> bool:
        """Percentiles are clamped to the extremes, so wrong ones would be wrong percentiles."""
        if not self.indices:
            return (self.sum_us, self.min_us, self.max_us) == (0, UNSET_MIN_US, UNSET_MAX_US)
        low, high, n = min(self.indices), max(self.indices), sum(self.counts)
        return (
            lowest_us(low) <= self.min_us <= self.max_us
            and (low == LAST_INDEX or self.min_us < lowest_us(low + 1))
            and lowest_us(high) <= self.max_us
            and (high == LAST_INDEX or self.max_us < lowest_us(high + 1))
            and n * self.min_us <= self.sum_us <= n * self.max_us
        )


class PackedEndpoint(msgspec.Struct, frozen=True, array_like=True):
    started: Count
    succeeded: Count
    failed: Count
    censored: Count
    attempts: Count
    retries: Count
    response_time: PackedHistogram
    service_time: PackedHistogram
    errors: dict[str, Count]
    error_examples: dict[str, str]


class PackedCompletion(msgspec.Struct, frozen=True, array_like=True):
    followed: Count
    succeeded: Count
    failed: Count
    abandoned: Count
    polls: Count
    time: PackedHistogram
    reasons: dict[str, Count]
    reason_examples: dict[str, str]


class PackedStage(msgspec.Struct, frozen=True, array_like=True):
    key: tuple[Count, Count]
    offered: Count
    missed: Count
    started: Count
    late: Count
    ended_good: Count
    ended_bad: Count
    cpu_s: Seconds
    wall_s: Seconds
    stolen_s: Seconds
    lateness: PackedHistogram
    loop_lag: PackedHistogram
    completion: PackedCompletion | None
    endpoints: dict[str, PackedEndpoint]


class Snapshot(msgspec.Struct, frozen=True):
    """`final` is the last word of a process: it has drained, and what is in flight is zero.

    `second` is the second of the run that has just passed; `backlog` are arrivals offered and still
    waiting for a user. `obeyed` is the number of the master's newest word that this process has
    carried out, and `idle` that it starts nothing and has nothing in flight. The ledger comes with
    the final one only.
    """

    run_id: str
    worker: str
    seq: Count
    second: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_RUN_S)]
    obeyed: Annotated[int, msgspec.Meta(ge=-1, le=MOST)]
    idle: bool
    final: bool
    users: Count
    in_flight: Count
    backlog: Count
    cpu_percent: Annotated[float, msgspec.Meta(ge=0, le=MOST)]
    pauses: list[str]
    crashes: list[str]
    stages: list[PackedStage]
    ledger: list[LedgerEntry]
    ledger_complete: bool


class MalformedSnapshotError(ValueError):
    pass


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Snapshot)


def encode(snapshot: Snapshot) -> bytes:
    return _encoder.encode(snapshot)


def decode(packed: object) -> Snapshot:
    if not isinstance(packed, bytes):
        raise MalformedSnapshotError(f"bytes expected, got {type(packed).__name__}")
    try:
        return _decoder.decode(packed)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedSnapshotError(str(error)) from error


def pack_stage(key: StageKey, record: StageRecord) -> PackedStage:
    return PackedStage(
        key=key,
        offered=record.offered,
        missed=record.missed,
        started=record.started,
        late=record.late,
        ended_good=record.ended_good,
        ended_bad=record.ended_bad,
        cpu_s=record.cpu_s,
        wall_s=record.wall_s,
        stolen_s=record.stolen_s,
        lateness=pack_histogram(record.lateness),
        loop_lag=pack_histogram(record.loop_lag),
        completion=_pack_completion(record.completion),
        endpoints={name: _pack_endpoint(e) for name, e in record.endpoints.items()},
    )


def unpack_stage(packed: PackedStage) -> StageRecord:
    return StageRecord(
        offered=packed.offered,
        missed=packed.missed,
        started=packed.started,
        late=packed.late,
        ended_good=packed.ended_good,
        ended_bad=packed.ended_bad,
        cpu_s=packed.cpu_s,
        wall_s=packed.wall_s,
        stolen_s=packed.stolen_s,
        lateness=unpack_histogram(packed.lateness),
        loop_lag=unpack_histogram(packed.loop_lag),
        completion=_unpack_completion(packed.completion),
        endpoints={name: _unpack_endpoint(e) for name, e in packed.endpoints.items()},
    )


def _pack_endpoint(record: EndpointRecord) -> PackedEndpoint:
    return PackedEndpoint(
        started=record.started,
        succeeded=record.succeeded,
        failed=record.failed,
        censored=record.censored,
        attempts=record.attempts,
        retries=record.retries,
        response_time=pack_histogram(record.response_time),
        service_time=pack_histogram(record.service_time),
        errors=record.errors.counts.copy(),
        error_examples=record.errors.examples.copy(),
    )


def _unpack_endpoint(packed: PackedEndpoint) -> EndpointRecord:
    return EndpointRecord(
        started=packed.started,
        succeeded=packed.succeeded,
        failed=packed.failed,
        censored=packed.censored,
        attempts=packed.attempts,
        retries=packed.retries,
        response_time=unpack_histogram(packed.response_time),
        service_time=unpack_histogram(packed.service_time),
        errors=ErrorCounts(packed.errors, packed.error_examples),
    )


def _pack_completion(record: CompletionRecord) -> PackedCompletion | None:
    """None is the usual case: no job is followed."""
    if not record.followed:
        return None
    return PackedCompletion(
        followed=record.followed,
        succeeded=record.succeeded,
        failed=record.failed,
        abandoned=record.abandoned,
        polls=record.polls,
        time=pack_histogram(record.time),
        reasons=record.reasons.counts.copy(),
        reason_examples=record.reasons.examples.copy(),
    )


def _unpack_completion(packed: PackedCompletion | None) -> CompletionRecord:
    if packed is None:
        return CompletionRecord()
    return CompletionRecord(
        followed=packed.followed,
        succeeded=packed.succeeded,
        failed=packed.failed,
        abandoned=packed.abandoned,
        polls=packed.polls,
        time=unpack_histogram(packed.time),
        reasons=ErrorCounts(packed.reasons, packed.reason_examples),
    )


def pack_histogram(histogram: Histogram) -> PackedHistogram:
    return PackedHistogram(
        indices=list(histogram.counts.keys()),
        counts=list(histogram.counts.values()),
        sum_us=histogram.sum_us,
        min_us=histogram.min_us,
        max_us=histogram.max_us,
    )


def unpack_histogram(packed: PackedHistogram) -> Histogram:
    histogram = Histogram()
    histogram.counts = dict(zip(packed.indices, packed.counts, strict=True))
    histogram.sum_us = packed.sum_us
    histogram.min_us = packed.min_us
    histogram.max_us = packed.max_us
    return histogram
