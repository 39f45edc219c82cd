"""Stretches of a stage, merged from its seconds.

Stages begin and end at any time, seconds of the run do not: a stage's windows are laid over the
whole seconds nearest to it, and each knows how long it really overlaps its stage.
"""

from __future__ import annotations

from dataclasses import dataclass

from jobload.measure.figures import StageFigures
from jobload.measure.series import Second


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """From `first_s` on, a whole second of the run; `seconds` of it belong to the stage."""

    first_s: int
    length_s: int
    seconds: float
    figures: Second

    @property
    def text(self) -> str:
        return f"{self.first_s}–{self.first_s + self.length_s} s"


def first_second(stage: StageFigures, grace_s: float = 0.0) -> int:
    return round(stage.started_s + grace_s)


def last_second(stage: StageFigures, until_s: float | None = None) -> int:
    """The second at which the stage ends, or the last that has passed of it."""
    end_s = round(stage.ended_s)
    return end_s if until_s is None else min(end_s, int(until_s))


def windows(
    stage: StageFigures,
    length_s: int,
    *,
    grace_s: float = 0.0,
    until_s: float | None = None,
    step_s: int | None = None,
) -> list[Window]:
    """One after the other from the start of the stage, or every `step_s`; only whole ones."""
    last = last_second(stage, until_s) - length_s
    firsts = range(first_second(stage, grace_s), last + 1, step_s or length_s)
    return [window(stage, first, length_s) for first in firsts]


def rest_of(stage: StageFigures, grace_s: float, until_s: float | None = None) -> Window:
    """All of a stage after its grace as one."""
    first = first_second(stage, grace_s)
    return window(stage, first, max(0, last_second(stage, until_s) - first))


def window(stage: StageFigures, first_s: int, length_s: int) -> Window:
    overlap_s = min(stage.ended_s, first_s + length_s) - max(stage.started_s, first_s)
    return Window(first_s, length_s, max(0.0, overlap_s), stage.window(first_s, length_s))
