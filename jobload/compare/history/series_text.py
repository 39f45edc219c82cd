"""Series of runs on a terminal of 80 columns: a line of bars for each figure, changes marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import TextIO

from rich.text import Text

from jobload.compare.history.run_series import (
    TRACKED,
    Change,
    RunSeries,
    TrackedMetric,
    shown_range,
)
from jobload.compare.history.strongest_split import fewest_runs
from jobload.judge.thresholds.value_text import value_text
from jobload.plan.counted import counted
from jobload.report.terminal.page import local_minute, print_parts
from jobload.report.text.plain import plain

BARS = "▁▂▃▄▅▆▇█"
DIGITS = "12345678"
"""Where the console can't show bars."""
MOST_COLUMNS = 40
NAME = 13
STYLES = {True: "bold red", False: "green"}


def print_series(found: Sequence[RunSeries], file: TextIO) -> None:
    """Changes are marked without colour too."""
    drawing = SeriesDrawing(bars=_shows(file, BARS + "▲→"))
    print_parts(drawing.lines(found), file)


def _shows(file: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(file, "encoding", None) or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


class SeriesDrawing:
    def __init__(self, *, bars: bool) -> None:
        self._levels, self._gap = (BARS, "·") if bars else (DIGITS, ".")
        self._mark, self._to = ("▲", "→") if bars else ("^", "->")
        self._none = "–" if bars else "-"

    def lines(self, found: Sequence[RunSeries]) -> Iterator[Text]:
        told = [series for series in found if len(series.runs) > 1]
        for series in told:
            yield from self._series(series)
            yield Text()
        if alone := len(found) - len(told):
            yield Text(
                f"{alone} {'more ' if told else ''}series of one run or none: each plan, target,"
                " machine and topology has its own."
            )
        if not found:
            yield Text("No run tells the figures of its scenarios.")

    def _series(self, series: RunSeries) -> Iterator[Text]:
        key = series.key
        runs = counted(len(series.runs), "run")
        yield Text.assemble((plain(key.scenario), "bold"), f"  {runs}, plan {plain(key.plan)}")
        where = (key.target, key.topology, key.machine)
        yield Text(f"  {plain(', '.join(part for part in where if part))}", "dim")
        for metric in TRACKED:
            yield from self._metric(series, metric)
        for change in series.all_changes:
            yield from self._change(series, change)
        yield from (Text(f"  {note}", "dim") for note in notes(series))

    def _metric(self, series: RunSeries, metric: TrackedMetric) -> Iterator[Text]:
        values = series.values(metric)
        changes = series.changes(metric)
        columns = _in_columns(values)
        drawn = Text(f"  {metric.name:<{NAME - 2}}")
        marks = {
            _column(change.point.index, len(values), len(columns)): change for change in changes
        }
        known = [value for value in columns if value is not None]
        ends = shown_range(metric, known) if known else (0.0, 0.0)
        style = ""
        for at, value in enumerate(columns):
            style = STYLES[marks[at].is_worse] if at in marks else style
            drawn.append(self._bar(value, *ends), style)
        drawn.append(f"  {self._range(values, metric)}")
        yield drawn
        if marks:
            yield Text.assemble(
                " " * NAME,
                *((self._mark, STYLES[marks[at].is_worse]) if at in marks else " "
                  for at in range(max(marks) + 1)),
            )  # fmt: skip

    def _bar(self, value: float | None, low: float, high: float) -> str:
        if value is None:
            return self._gap
        share = (value - low) / (high - low) if high > low else 0.0
        return self._levels[min(int(share * len(self._levels)), len(self._levels) - 1)]

    def _range(self, values: Sequence[float | None], metric: TrackedMetric) -> str:
        known = [value for value in values if value is not None]
        if not known:
            return self._none
        low, high = (value_text(value, metric.unit) for value in (min(known), max(known)))
        return low if low == high else f"{low} to {high}"

    def _change(self, series: RunSeries, change: Change) -> Iterator[Text]:
        point, run = change.point, series.runs[change.point.index]
        yield Text.assemble(
            "  ",
            (f"{self._mark} {change.metric.name}", STYLES[change.is_worse]),
            f" {change_text(change, self._to)} since {plain(run.run_id)}",
        )
        when = f"{minute}, " if (minute := local_minute(run.started_at)) else ""
        yield Text(
            f"    {when}run {point.index + 1} of {len(series.runs)};"
            f" {place_text(change)}; by chance p = {point.p_value:.4f}"
        )
        if versions := versions_text(series, change, self._to):
            yield Text(f"    {versions}")


def change_text(change: Change, to: str = "→") -> str:
    """From one level to the other, and whether that is worse."""
    point, unit = change.point, change.metric.unit
    percent = "" if change.percent is None else f"{change.percent:+.1f} %, "
    word = "worse" if change.is_worse else "better"
    return (
        f"{value_text(point.before, unit)} {to} {value_text(point.after, unit)} ({percent}{word})"
    )


def place_text(change: Change) -> str:
    first, last = change.point.earliest + 1, change.point.latest + 1
    return "90 % sure of that run" if first == last else f"90 % sure from run {first} to {last}"


def versions_text(series: RunSeries, change: Change, to: str = "→") -> str:
    """What else is known to have changed with that run."""
    before, after = series.runs[change.point.index - 1], series.runs[change.point.index]
    pairs = (
        ("revision", _short(before.revision), _short(after.revision)),
        ("target", before.target_version, after.target_version),
    )
    return plain(", ".join(f"{name} {a} {to} {b}" for name, a, b in pairs if a != b and a and b))


def _short(revision: str | None) -> str | None:
    return None if revision is None else revision[:10]


def notes(series: RunSeries) -> Iterator[str]:
    """What the drawing does not show."""
    if (count := len(series.runs)) < fewest_runs():
        yield (
            f"{counted(count, 'run')} {'is' if count == 1 else 'are'} too few to tell a change from"
            f" chance; it takes {fewest_runs()}."
            " jobload compare looks at single runs."
        )
    for why, left in series.left_out.items():
        yield f"{counted(left, 'run')} left out: {plain(why)}."


def _in_columns(values: Sequence[float | None]) -> list[float | None]:
    """The medians of neighbours, where there are more runs than columns."""
    count = min(len(values), MOST_COLUMNS)
    parts: list[list[float]] = [[] for _ in range(count)]
    for at, value in enumerate(values):
        if value is not None:
            parts[_column(at, len(values), count)].append(value)
    return [median(part) if part else None for part in parts]


def _column(index: int, runs: int, columns: int) -> int:
    return index * columns // runs
