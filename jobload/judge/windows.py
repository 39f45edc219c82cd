"""Stretches of a stage, merged from its seconds."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

from jobload.measure.figures import StageFigures
from jobload.measure.series import Second

WINDOW_S = 5
NEARLY_WHOLE_S = 0.1
"""A second of which no more than this lies outside the stage counts as one of its seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """`first_s` is a whole second of the run."""

    first_s: int
    length_s: int
    figures: Second

    @property
    def text(self) -> str:
        return f"{self.first_s}–{self.first_s + self.length_s} s"


def first_whole_second(stage: StageFigures, grace_s: float = 0.0) -> int:
    return ceil(stage.started_s + grace_s - NEARLY_WHOLE_S)


def last_whole_second(stage: StageFigures, until_s: float | None = None) -> int:
    """The end of the last whole second of the stage, or of what has passed of it."""
    end_s = stage.ended_s if until_s is None else min(stage.ended_s, until_s)
    return floor(end_s + NEARLY_WHOLE_S)


def whole_windows(
    stage: StageFigures,
    length_s: int = WINDOW_S,
    *,
    grace_s: float = 0.0,
    until_s: float | None = None,
    step_s: int | None = None,
) -> list[Window]:
    """One after the other from the start of the stage, or every `step_s`; only whole ones."""
    first = first_whole_second(stage, grace_s)
    last = last_whole_second(stage, until_s) - length_s
    return [
        Window(start, length_s, stage.window(start, length_s))
        for start in range(first, last + 1, step_s or length_s)
    ]


def rest_of(stage: StageFigures, grace_s: float, until_s: float | None = None) -> Window:
    """All of a stage after its grace as one."""
    first = first_whole_second(stage, grace_s)
    length_s = max(0, last_whole_second(stage, until_s) - first)
    return Window(first, length_s, stage.window(first, length_s))
