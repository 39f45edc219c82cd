"""What a process tells the master about once a second: everything it has counted so far.

Snapshots are cumulative and numbered, so a lost, repeated or reordered one does no harm. They are
decoded into these types, so that a malformed one is refused as a whole.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from jobload.measure.ledger import LedgerEntry
from jobload.measure.noted_operation import NotedOperation
from jobload.measure.record import MOST, Count
from jobload.measure.row_use import RowUse
from jobload.measure.stage_record import StageRecord

LONGEST_RUN_S = 10_000_000
MOST_SOURCES = 10_000
MOST_TRACED = 500

StageKey = tuple[int, int]
"""(position of the scenario in the run, position of the stage in the scenario)"""


class StageReport(msgspec.Struct, frozen=True, array_like=True):
    key: tuple[Count, Count]
    record: StageRecord


class Traced(msgspec.Struct, frozen=True, array_like=True):
    """An operation of a stage that was traced, as it ended."""

    key: tuple[Count, Count]
    operation: NotedOperation


class Snapshot(msgspec.Struct, frozen=True):
    """`final` is the last word of a process: it has drained, and what is in flight is zero.

    `second` is the second of the run that has just passed; `backlog` are arrivals offered and still
    waiting for a user. `obeyed` is the number of the master's newest word that this process has
    carried out, and `idle` that it starts nothing and has nothing in flight. The ledger comes with
    the final one only.
    """

    run_id: str
    worker: str
    process: Annotated[str, msgspec.Meta(max_length=64)]
    """Tells processes apart that go by one name."""
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
    stages: list[StageReport]
    ledger: list[LedgerEntry]
    ledger_complete: bool
    rows: Annotated[list[RowUse], msgspec.Meta(max_length=MOST_SOURCES)]
    rows_missing: Count
    """Of sources that every process must have whole, before it can begin."""
    traced: Annotated[tuple[Traced, ...], msgspec.Meta(max_length=MOST_TRACED)]
    """Since the snapshot before: what is not told here is told nowhere."""
    traced_untold: Count
    """How many there were besides, in all."""


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
