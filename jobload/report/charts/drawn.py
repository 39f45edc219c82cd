"""A chart as pages show it: twice drawn, with its legend and its figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from jobload.report.charts.axis import time_ticks
from jobload.report.charts.line_chart import NARROW, WIDE, Axis, Band, Chart, Line, Picture, draw
from jobload.report.text.shown_figures import NONE, seconds_text


@dataclass(frozen=True, slots=True)
class Values:
    """Those of a chart as a table, which is also what is read off it. `rows` have the place on
    the x axis, what it is called, and a figure for each column."""

    x: str
    columns: list[str]
    rows: list[tuple[float, str, list[str]]]


def values_of(
    lines: Sequence[Line],
    x: str,
    x_text: Callable[[float], str],
    text: Callable[[float], str],
) -> Values:
    """Those of a chart may have points at different places."""
    by_place: dict[float, list[str]] = {}
    for number, line in enumerate(lines):
        for place, value in line.points:
            row = by_place.setdefault(place, [NONE] * len(lines))
            if value is not None:
                row[number] = text(value)
    rows = [(place, x_text(place), by_place[place]) for place in sorted(by_place)]
    return Values(x, [line.name for line in lines], rows)


def figure_text(value: float) -> str:
    """To four digits, and no more than the figure has."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


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
