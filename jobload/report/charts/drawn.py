"""A chart as pages show it: twice drawn, with its legend and its figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from jobload.report.charts.axis import time_ticks
from jobload.report.charts.line_chart import NARROW, WIDE, Axis, Band, Chart, Line, Picture, draw
from jobload.report.charts.values import Values, figure_text, values_of
from jobload.report.text.shown_figures import seconds_text


@dataclass(frozen=True, slots=True)
class Drawn:
    """As wide as a page, and as wide as a phone with text that stays readable. One of its stages
    can be shown by itself."""

    title: str
    note: str
    kinds: list[tuple[str, str]]
    wide: Picture
    narrow: Picture
    values: Values
    stages: list[tuple[str, float, float]]
    """Name, first and last second; none where the x axis is no time."""


@dataclass(frozen=True, slots=True)
class OverTime:
    """What charts of one stretch of time have in common."""

    bands: Sequence[Band]
    length_s: float

    def drawn(
        self,
        title: str,
        note: str,
        lines: Sequence[Line],
        axis: Axis,
        *,
        height: int | None = None,
        text: Callable[[float], str] = figure_text,
    ) -> Drawn:
        wide, narrow = (
            draw(
                Chart(lines, self._x_axis(count), axis, self.bands),
                replace(size, height=height or size.height),
            )
            for size, count in ((WIDE, 12), (NARROW, 5))
        )
        kinds = [(line.kind, line.name) for line in lines]
        values = values_of(lines, "time", seconds_text, text)
        stages = [(b.name, round(b.first, 2), round(b.last, 2)) for b in self.bands]
        return Drawn(title, note, kinds, wide, narrow, values, stages)

    def _x_axis(self, ticks: int) -> Axis:
        return Axis(0, self.length_s, time_ticks(self.length_s, ticks))
