"""Line charts as SVG without colours of their own: the page gives them, light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from math import log2, log10

from svg import SVG, Element, G, Polyline, Rect, Rotate, Text, Title, ViewBoxSpec
from svg import Line as Rule
from svg import Point as Dot

from jobload.judge.thresholds.metric import Unit
from jobload.judge.thresholds.value_text import value_text
from jobload.report.charts.axis import (
    LOG_ABOVE,
    Tick,
    decades,
    duration_text,
    number_text,
    ticks_from_zero,
)

Point = tuple[float, float | None]
RIGHT = 14
USUAL_LABEL = 8
"""Characters that every chart has room for, so that time axes lie below one another."""
CHARACTER_WIDTH = 0.58
"""Of a character, in parts of the size of its font."""


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` is the class that the page colours it by."""

    kind: str
    name: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the time axis with its name, a stage."""

    name: str
    first: float
    last: float
    judged: bool


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int
    font: int


WIDE = Size(1000, 260, 12)
NARROW = Size(360, 240, 11)


@dataclass(frozen=True, slots=True)
class Axis:
    low: float
    high: float
    ticks: Sequence[Tick]
    logarithmic: bool = False

    def place(self, value: float | None) -> float | None:
        if value is None or not self.logarithmic:
            return value
        return log10(value) if value > 0 else None


@dataclass(frozen=True, slots=True)
class Chart:
    lines: Sequence[Line]
    x: Axis
    y: Axis
    bands: Sequence[Band] = field(default_factory=list)


def count_axis(lines: Sequence[Line], ticks_wanted: int = 4) -> Axis:
    top = max((y for line in lines for _, y in line.points if y is not None), default=0.0)
    ticks = ticks_from_zero(max(top, 1.0), ticks_wanted)
    return Axis(0.0, ticks[-1], [(tick, number_text(tick)) for tick in ticks])


def unit_axis(lines: Sequence[Line], unit: Unit) -> Axis:
    """From zero, or from below it; sizes in powers of 1024."""
    values = [y for line in lines for _, y in line.points if y is not None]
    top, low = max(values, default=0.0), min(values, default=0.0)
    top = top or 1.0
    size = 1024 ** min(4, int(log2(top) // 10)) if unit.startswith("bytes") and top > 1 else 1
    ticks = [tick * size for tick in ticks_from_zero(max(top, -low) / size, 4)]
    if low < 0:
        ticks = [*(-tick for tick in reversed(ticks[1:])), *ticks]
    return Axis(ticks[0], ticks[-1], [(tick, _unit_label(tick, unit)) for tick in ticks])


def _unit_label(tick: float, unit: Unit) -> str:
    """As short as it can be, so that time axes lie below one another."""
    if unit in ("bytes", "bytes/s"):
        return value_text(tick, "bytes") if tick else "0"
    return value_text(tick, unit)


def latency_axis(lines: Sequence[Line]) -> Axis:
    values = [y for line in lines for _, y in line.points if y]
    low, high = min(values, default=1.0), max(values, default=1.0)
    if high / low <= LOG_ABOVE:
        ticks = ticks_from_zero(high, 4)
        places = [(tick, duration_text(tick)) for tick in ticks]
        return Axis(0.0, ticks[-1], places)
    ticks = decades(low, high)
    places = [(log10(tick), duration_text(tick)) for tick in ticks]
    bottom, top = min(places[0][0], log10(low)), max(places[-1][0], log10(high))
    return Axis(bottom, top, places, True)


@dataclass(frozen=True, slots=True)
class Picture:
    """`plot` is where the lines lie, for who reads them: left, right and bottom in the units of the
    view box, and the figures of the x axis at left and right."""

    svg: str
    plot: str


def draw(chart: Chart, size: Size) -> Picture:
    """Elements with classes for the page's style, sizes in the units of the view box."""
    paper = _Paper(chart, size)
    drawing = SVG(
        viewBox=ViewBoxSpec(0, 0, size.width, size.height),
        class_=["chart"],
        elements=[
            G(class_=["bands"], elements=list(paper.bands())),
            G(class_=["axis", "y"], elements=list(paper.y_axis())),
            G(class_=["axis", "x"], elements=list(paper.x_axis())),
            *(paper.line(line) for line in chart.lines),
            G(class_=["bands"], elements=list(paper.names())),
        ],
    )
    places = (_tenth(paper.left), paper.right, _tenth(paper.bottom), chart.x.low, chart.x.high)
    return Picture(drawing.as_str(), " ".join(f"{place:.6g}" for place in places))


class _Paper:
    """Where things lie: the plot within its labels, and figures within the plot."""

    def __init__(self, chart: Chart, size: Size) -> None:
        self.chart = chart
        self.font = size.font
        widest = max((len(label) for _, label in chart.y.ticks), default=1)
        widest = max(widest, USUAL_LABEL)
        self.left = widest * size.font * CHARACTER_WIDTH + 10
        self.right = size.width - RIGHT
        self.bottom = size.height - size.font * 1.9
        self.top = size.font * (1.8 if chart.bands else 0.6)

    def x(self, value: float) -> float:
        return _scaled(value, self.chart.x, self.left, self.right)

    def y(self, place: float) -> float:
        return _scaled(place, self.chart.y, self.bottom, self.top)

    def bands(self) -> Iterator[Element]:
        for index, band in enumerate(self.chart.bands):
            left, right = self.x(band.first), self.x(band.last)
            kinds = ["judged"] * band.judged + ["odd"] * (index % 2)
            yield Rect(
                x=left,
                y=0,
                width=_tenth(right - left),
                height=_tenth(self.bottom),
                class_=["band", *kinds],
                elements=[Title(text=escape(band.name))],
            )

    def names(self) -> Iterator[Element]:
        """Above the lines, which an upright one may meet."""
        for band in self.chart.bands:
            yield from self._name(band.name, self.x(band.first), self.x(band.last))

    def _name(self, name: str, left: float, right: float) -> Iterator[Element]:
        """Level, or upright where a stage is short, or not at all."""
        length = len(name) * self.font * CHARACTER_WIDTH
        middle = _tenth((left + right) / 2)
        text, kind = escape(name), ["band-name"]
        if length + 8 <= right - left:
            yield Text(text=text, x=middle, y=self.font + 2, class_=kind)
        elif self.font + 2 <= right - left and length + 12 <= self.bottom:
            half = _tenth(length / 2 + 6)
            turn = Rotate(-90, middle, half)
            y = _tenth(half + self.font / 3)
            yield Text(text=text, x=middle, y=y, transform=[turn], class_=kind)

    def y_axis(self) -> Iterator[Element]:
        for place, label in self.chart.y.ticks:
            y = self.y(place)
            yield Rule(x1=_tenth(self.left), x2=self.right, y1=y, y2=y)
            yield Text(text=label, x=_tenth(self.left - 6), y=_tenth(y + self.font / 3))

    def x_axis(self) -> Iterator[Element]:
        for value, label in self.chart.x.ticks:
            yield Text(text=label, x=self.x(value), y=_tenth(self.bottom + self.font * 1.5))

    def line(self, line: Line) -> Element:
        return G(
            class_=[f"line-{line.kind}"],
            elements=[Polyline(points=stretch) for stretch in self._stretches(line)],
        )

    def _stretches(self, line: Line) -> Iterator[list[Dot]]:
        """Without the points that have no figure; one by itself becomes a dot."""
        stretch: list[Dot] = []
        for x, value in [*line.points, (0.0, None)]:
            place = self.chart.y.place(value)
            if place is not None:
                stretch.append(Dot(self.x(x), self.y(place)))
            elif stretch:
                yield stretch if len(stretch) > 1 else stretch * 2
                stretch = []


def _scaled(value: float, axis: Axis, start: float, end: float) -> float:
    share = (value - axis.low) / (axis.high - axis.low) if axis.high > axis.low else 0.5
    return _tenth(start + share * (end - start))


def _tenth(pixels: float) -> float:
    return round(pixels, 1)
