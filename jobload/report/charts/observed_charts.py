"""What was observed of the target, under the charts of a scenario and on their time axis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from math import ceil
from typing import TypeVar

from jobload.judge.thresholds.value_text import value_text
from jobload.measure.observed_series import ObservedSeries
from jobload.report.charts.drawn import Drawn, OverTime
from jobload.report.charts.line_chart import Line, Point, unit_axis
from jobload.report.charts.seconds_charted import worse
from jobload.report.result.model import Observed

_Observed = TypeVar("_Observed", bound=Observed | ObservedSeries)
COLOURS = 6
HEIGHT = 180


def observed_charts(
    found: Sequence[Observed], began_s: float, over: OverTime, points: int
) -> Iterator[Drawn]:
    """One for each unit, or more where one would have too many lines."""
    for together in in_one_chart(found):
        yield _chart(together, began_s, over, points)


def in_one_chart(found: Iterable[_Observed]) -> Iterator[list[_Observed]]:
    for _, of_unit in groupby(sorted(found, key=lambda each: each.unit), lambda each: each.unit):
        together = [*of_unit]
        for first in range(0, len(together), COLOURS):
            yield together[first : first + COLOURS]


def _chart(found: Sequence[Observed], began_s: float, over: OverTime, points: int) -> Drawn:
    unit = found[0].unit
    lines = [
        Line(f"observed{number}", each.name, observed_points(each, began_s, over.length_s, points))
        for number, each in enumerate(found, 1)
    ]
    names = ", ".join(each.name for each in found)
    axis = unit_axis(lines, unit)
    text = partial(value_text, unit=unit)
    return over.drawn(f"Observed: {names}", _note(found), lines, axis, height=HEIGHT, text=text)


def _note(found: Sequence[Observed]) -> str:
    unit = f"{found[0].unit}, " if found[0].unit else ""
    said = [f"{unit}by Prometheus, every {found[0].every_s:g} s"]
    for each in found:
        if each.missing:
            missing = sum(kind.count for kind in each.missing)
            kind = each.missing[0]
            said.append(
                f"{missing} of {len(each.at_s)} samples of {each.name} missing"
                f" ({kind.kind}: {kind.example})"
            )
    return "; ".join(said)


def observed_points(
    observed: Observed, began_s: float, length_s: float, points: int
) -> list[Point]:
    """From the start of a scenario. Of several samples in a point the highest, as of times; one
    without any figure breaks the line."""
    cells: dict[int, float | None] = {}
    step_s = observed.every_s * max(1, ceil(length_s / observed.every_s / points))
    for at_s, value in zip(observed.at_s, observed.value, strict=True):
        if 0 <= at_s - began_s <= length_s:
            cell = round((at_s - began_s) / step_s)
            cells[cell] = worse(cells.get(cell), value)
    if not cells:
        return []
    every = range(min(cells), max(cells) + 1)
    return [(min(cell * step_s, length_s), cells.get(cell)) for cell in every]
