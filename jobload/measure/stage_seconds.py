"""The seconds of one stage, in bounded memory."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, fields

import msgspec

from jobload.measure.stage_record import StageRecord

OPEN_S = 5
"""So long a second stays open for what is still to be told of it; later words cost more."""
FINE_S = 120
"""The newest seconds are never taken together."""
TAKEN_AT_ONCE = 4
UNKNOWN = -1.0

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StageRecord)


@dataclass(frozen=True, slots=True)
class Row:
    """A second in figures; without a sample there is no percentile."""

    second: int
    offered: int
    started: int
    succeeded: int
    failed: int
    ended: int
    p50_us: float | None
    p95_us: float | None
    p99_us: float | None


WIDTH = len(fields(Row)) - 1
"""Of what is kept of a row, in which its place says the second."""


class StageSeconds:
    """Those of one stage. Old ones are kept packed, and `width_s` of them as one block once they
    would take too much room; their rows stay."""

    def __init__(self) -> None:
        self._open: dict[int, StageRecord] = {}
        self._packed: dict[int, bytes] = {}
        self._rows = array("f")
        self._first_row = 0
        self.width_s = 1
        self._fine_from_s = 0
        self._to_take: deque[int] = deque()
        """Blocks that shall become part of the one before them, in their order."""
        self.size_bytes = 0

    def add(self, second: int, step: StageRecord, *, again: bool = False) -> None:
        """What a process did in it. Where it tells of one second `again`, how it stood at its end
        was told first."""
        if (known := self._open.get(second)) is not None:
            if again:
                fresh = StageRecord()
                for name in step.STATES:
                    setattr(step, name, getattr(fresh, name))
            known.merge(step)
        elif not step.is_worth_keeping:
            return
        elif self._is_past(second):
            self._pack(second, step)
        else:
            self._open[second] = step
            self._close_before(second - OPEN_S)

    def _is_past(self, second: int) -> bool:
        return bool(self._open) and second < max(self._open) - OPEN_S

    def _close_before(self, second: int) -> None:
        for old in [each for each in self._open if each < second]:
            self._pack(old, self._open.pop(old))

    def _pack(self, second: int, step: StageRecord) -> None:
        self._set_row(second, step)
        self._put(self._block_of(second), step)

    def _block_of(self, second: int) -> int:
        return second // self.width_s * self.width_s if second < self._fine_from_s else second

    def _put(self, block: int, step: StageRecord) -> None:
        before = self._packed.get(block)
        if before is not None:
            whole = _decoder.decode(before)
            whole.extend(step)
            step = whole
            self.size_bytes -= len(before)
        packed = _encoder.encode(step)
        self._packed[block] = packed
        self.size_bytes += len(packed)

    def coarsen(self) -> bool:
        """Takes blocks together, but for the newest seconds. Only a few: all those of some hours at
        once would hold up the load for seconds. False: there is nothing to gain yet."""
        if not self._to_take:
            width_s = 2 * self.width_s
            fine_from_s = max(0, max(self._open, default=0) - FINE_S) // width_s * width_s
            if fine_from_s < self._fine_from_s + FINE_S:
                return False
            self.width_s, self._fine_from_s = width_s, fine_from_s
            old = (block for block in self._packed if block < fine_from_s)
            self._to_take.extend(sorted(block for block in old if block % width_s))
        for _ in range(min(TAKEN_AT_ONCE, len(self._to_take))):
            block = self._to_take.popleft()
            packed = self._packed.pop(block)
            self.size_bytes -= len(packed)
            self._put(self._block_of(block), _decoder.decode(packed))
        return True

    def between(self, first: int, end: int | None) -> StageRecord:
        """Seconds `first` to `end` (not included) as one; no end: all that is known."""
        whole = StageRecord()
        for step in self._steps(first, end):
            whole.extend(step)
        return whole

    def _steps(self, first: int, end: int | None) -> Iterator[StageRecord]:
        if end is not None and end - first < len(self._packed) + len(self._open):
            wanted = [s for s in range(first, end) if s in self._packed or s in self._open]
        else:
            known = sorted({*self._packed, *self._open})
            wanted = [s for s in known if first <= s and (end is None or s < end)]
        for second in wanted:
            if (packed := self._packed.get(second)) is not None:
                yield _decoder.decode(packed)
            if (step := self._open.get(second)) is not None:
                yield step

    def _set_row(self, second: int, step: StageRecord) -> None:
        if not self._rows:
            self._first_row = second
        if second < self._first_row:
            missing = self._first_row - second
            self._rows = array("f", [UNKNOWN] * (missing * WIDTH)) + self._rows
            self._first_row = second
        at = (second - self._first_row) * WIDTH
        if at >= len(self._rows):
            self._rows.extend([UNKNOWN] * (at + WIDTH - len(self._rows)))
        if self._rows[at] != UNKNOWN:
            known = self._packed.get(self._block_of(second))
            if known is None or second < self._fine_from_s:
                return  # a very late word, of a second that is no longer kept by itself
            whole = _decoder.decode(known)
            whole.merge(step)
            step = whole
        self._rows[at : at + WIDTH] = array("f", _figures(step))

    def offered(self, second: int) -> int:
        """Arrivals of a second, also of one that is no longer kept by itself; rows are not packed,
        so it costs next to nothing."""
        if (known := self._open.get(second)) is not None:
            return known.offered
        at = (second - self._first_row) * WIDTH
        return max(0, round(self._rows[at])) if 0 <= at < len(self._rows) else 0

    def rows(self) -> list[Row]:
        """The seconds in which something happened."""
        found = [
            _row(self._first_row + at // WIDTH, self._rows[at : at + WIDTH])
            for at in range(0, len(self._rows), WIDTH)
            if self._rows[at] != UNKNOWN and any(self._rows[at : at + 5])
        ]
        return found + [
            _row(second, figures)
            for second, step in sorted(self._open.items())
            if any((figures := _figures(step))[:5])
        ]


def _figures(step: StageRecord) -> list[float]:
    whole = step.overall()
    times = whole.response_time.percentiles_us([50, 95, 99])
    counts = (step.offered, step.started, whole.succeeded, whole.failed)
    ended = step.ended_good + step.ended_bad
    known = (UNKNOWN if us is None else us for us in times)
    return [*counts, ended, *known]


def _row(second: int, figures: array[float] | list[float]) -> Row:
    offered, started, succeeded, failed, ended = (round(count) for count in figures[:5])
    p50, p95, p99 = (None if us == UNKNOWN else us for us in figures[5:])
    counts = (offered, started, succeeded, failed, ended)
    return Row(second, *counts, p50, p95, p99)
