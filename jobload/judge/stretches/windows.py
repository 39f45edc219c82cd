"""Stretches of a stage, merged from its seconds.

Stages begin and end at any time, seconds of the run do not: a stage's windows are laid over the
whole seconds nearest to it, and each knows how long it really overlaps its stage. Operations count
in the window they ended in; what has not ended by then is known by how long it has taken so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil

from jobload.measure.figures import StageFigures
from jobload.measure.stage_record import EndpointRecord, StageRecord


@dataclass(frozen=True, eq=False)
class Window:
    """From `first_s` on, a whole second of the run; `seconds` of it belong to the stage.

    The last one of a stage has all that came of the stage later, too.
    """

    stage: StageFigures
    first_s: int
    length_s: int
    seconds: float
    is_last: bool = False

    @property
    def end_s(self) -> int:
        return self.first_s + self.length_s

    @cached_property
    def record(self) -> StageRecord:
        record = self.stage.window(self.first_s, None if self.is_last else self.length_s)
        if self.is_last:
            # What is left in the end: the missed and the censored.
            record.unfinished = self.stage.record.unfinished.copy()
            record.unfinished_lower = self.stage.record.unfinished_lower.copy()
            record.waiting = self.stage.record.missed - record.missed
            record.behind_us = self.stage.record.behind_us
        return record

    @cached_property
    def overall(self) -> EndpointRecord:
        return self.record.overall()


def first_second(stage: StageFigures, grace_s: float = 0.0) -> int:
    return round(stage.started_s + grace_s)


def last_second(stage: StageFigures, until_s: float | None = None) -> int:
    """The second at which the stage ends, or the last that has passed of it."""
    end_s = round(stage.ended_s)
    return end_s if until_s is None else min(end_s, int(until_s))


def windows(
    stage: StageFigures,
    length_s: int,
    first_s: int,
    until_s: float | None = None,
) -> list[Window]:
    """One after the other from a second of the stage; what is left over belongs to the last.

    `until_s` is said of a stage that still runs: only what is complete by then, and no last one.
    """
    end = last_second(stage, until_s)
    firsts = [*range(first_s, end - length_s + 1, length_s)]
    laid = [window(stage, first, length_s) for first in firsts]
    if laid and until_s is None:
        laid[-1] = window(stage, firsts[-1], end - firsts[-1], is_last=True)
    return laid


def sliding_windows(stage: StageFigures, length_s: int) -> list[Window]:
    """One from each second on; where old ones have been taken together, from each such block on."""
    block_s = stage.series.block_s(stage.key)
    length_s = ceil(length_s / block_s) * block_s
    first_s = first_second(stage) // block_s * block_s
    firsts = range(first_s, last_second(stage) - length_s + 1, block_s)
    return [window(stage, first, length_s) for first in firsts]


def rest_of(stage: StageFigures, grace_s: float, until_s: float | None = None) -> Window:
    """All of a stage after its grace as one."""
    first = first_second(stage, grace_s)
    length_s = max(0, last_second(stage, until_s) - first)
    return window(stage, first, length_s, is_last=until_s is None)


def window(stage: StageFigures, first_s: int, length_s: int, *, is_last: bool = False) -> Window:
    overlap_s = min(stage.ended_s, first_s + length_s) - max(stage.started_s, first_s)
    return Window(stage, first_s, length_s, max(0.0, overlap_s), is_last)
