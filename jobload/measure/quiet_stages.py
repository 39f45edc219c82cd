"""Stages of processes that have no more to say of them, in little memory.

As objects the figures of one process in one stage take 0.1 to 0.3 MB, which a thousand workers had
for each stage. Of a stage that is over they are merged, and what they were stays packed, in a tenth
of that: a late word about it may still bring more, and then the sum has to be exact.
"""

from __future__ import annotations

from zlib import compress, decompress

import msgspec

from jobload.measure.noted_operation import NotedOperations
from jobload.measure.snapshot import StageKey
from jobload.measure.stage_record import StageRecord

FAST = 1
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StageRecord)


class StageShare(msgspec.Struct):
    """What is told of each process by itself. `noted` has those that may be among those of all."""

    offered: int
    started: int
    missed: int
    cpu_s: float
    wall_s: float
    stolen_s: float
    noted: NotedOperations


Told = StageRecord | StageShare


def is_quiet(record: StageRecord) -> bool:
    """Nothing of it is still to come, nor would be missing if its process were lost."""
    waits = record.waiting or record.missed != record.offered - record.started - record.surplus
    steps = any(step.in_flight for step in record.steps.values())
    return not (waits or steps or record.in_flight)


class QuietStages:
    def __init__(self) -> None:
        self._packed: dict[StageKey, dict[str, tuple[int, bytes]]] = {}
        self._sums: dict[StageKey, StageRecord] = {}

    def put(self, worker: str, key: StageKey, record: StageRecord) -> StageShare:
        whole = self.sum(key)
        packed = _encoder.encode(record)
        self._packed.setdefault(key, {})[worker] = hash(packed), compress(packed, FAST)
        whole.merge(record)
        return _share(record, whole)

    def says_the_same(self, worker: str, key: StageKey, record: StageRecord) -> bool:
        return self._packed[key][worker][0] == hash(_encoder.encode(record))

    def get(self, worker: str, key: StageKey) -> StageRecord:
        return _unpacked(self._packed[key][worker][1])

    def take(self, worker: str, key: StageKey) -> StageRecord:
        """It was not quiet after all."""
        del self._sums[key]
        return _unpacked(self._packed[key].pop(worker)[1])

    def sum(self, key: StageKey) -> StageRecord:
        """To be read only."""
        if (whole := self._sums.get(key)) is None:
            whole = self._sums[key] = StageRecord()
            for _, packed in self._packed.get(key, {}).values():
                whole.merge(_unpacked(packed))
        return whole


def _unpacked(packed: bytes) -> StageRecord:
    return _decoder.decode(decompress(packed))


def _share(record: StageRecord, whole: StageRecord) -> StageShare:
    noted = NotedOperations(
        tuple(each for each in record.noted.slowest if each in whole.noted.slowest),
        tuple(each for each in record.noted.failed if each in whole.noted.failed),
    )
    *same, _ = StageShare.__struct_fields__
    return StageShare(**{name: getattr(record, name) for name in same}, noted=noted)
