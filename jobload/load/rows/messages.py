"""What a process and the one that leads it say to each other about rows."""

from __future__ import annotations

import hashlib
from typing import Annotated, TypeVar

import msgspec

from jobload.measure.record import Count
from jobload.measure.row_ranges import Stretch
from jobload.measure.row_use import RowUse
from jobload.plan.flow.table import Table

LARGEST_PIECE_BYTES = 512 * 1024
LARGEST_STRETCH_BYTES = 64 * 1024
"""While operations go on: what takes longer to unpack would keep them waiting."""
MOST_WANTED = 100_000
RunId = Annotated[str, msgspec.Meta(max_length=100)]


class Wanted(msgspec.Struct, frozen=True):
    """Repeated until it is answered. `want` are rows; `urgent`: an operation waits for one."""

    run_id: RunId
    use: RowUse
    want: Annotated[int, msgspec.Meta(ge=0, le=MOST_WANTED)] = 0
    urgent: bool = False


class Given(msgspec.Struct, frozen=True, tag="given"):
    """Rows from `first` on, as a table packs them. `number` is that of the stretch, or, of a table
    that all processes have, the same as `first`."""

    run_id: RunId
    source: Count
    number: Count
    first: Count
    rows: bytes
    digest: bytes

    @classmethod
    def of(cls, run_id: str, source: int, number: int, table: Table, rows: Stretch) -> Given:
        packed = table.packed(*rows)
        return cls(run_id, source, number, rows[0], packed, _digest_of(packed))

    @property
    def is_sound(self) -> bool:
        return _digest_of(self.rows) == self.digest


class Spent(msgspec.Struct, frozen=True, tag="spent"):
    """No row is left, neither here nor with anybody."""

    run_id: RunId
    source: Count


class Recalled(msgspec.Struct, frozen=True, tag="recalled"):
    """Others need rows: all that were not taken are to be given back. So many were handed out."""

    run_id: RunId
    source: Count
    number: Count
    granted: Count


Answer = Given | Spent | Recalled
Letter = tuple[str, Answer]
"""To whom, and what."""


class MalformedRowsError(ValueError):
    pass


def _digest_of(rows: bytes) -> bytes:
    return hashlib.blake2b(rows, digest_size=16).digest()


_Message = TypeVar("_Message")
_encoder = msgspec.msgpack.Encoder()
_wanted = msgspec.msgpack.Decoder(Wanted)
_answer: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def encode(message: Wanted | Answer) -> bytes:
    return _encoder.encode(message)


def decode_wanted(packed: object) -> Wanted:
    return _decoded(_wanted, packed)


def decode_answer(packed: object) -> Answer:
    return _decoded(_answer, packed)


def _decoded(decoder: msgspec.msgpack.Decoder[_Message], packed: object) -> _Message:
    if not isinstance(packed, bytes):
        raise MalformedRowsError(f"bytes expected, got {type(packed).__name__}")
    try:
        return decoder.decode(packed)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedRowsError(str(error)) from error
