"""The figures behind a chart as a table, which is also what is read off it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jobload.report.charts.line_chart import Line
from jobload.report.text.shown_figures import NONE


@dataclass(frozen=True, slots=True)
class Values:
    """`rows` have the place on the x axis, what it is called, and a figure for each column."""

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
