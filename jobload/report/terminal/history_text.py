"""results/history.jsonl as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from jobload.report.files.history import HistoryEntry
from jobload.report.terminal.status_word import STYLES
from jobload.report.text.plain import plain

WIDTH = 80
NONE = "–"


def print_history(entries: Sequence[HistoryEntry], file: TextIO) -> None:
    """In colour only on a terminal."""
    text = StringIO()
    Console(
        file=file if file.isatty() else text,
        width=WIDTH,
        highlight=False,
        emoji=False,
        markup=False,
    ).print(_table(entries))
    file.writelines(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _table(entries: Sequence[HistoryEntry]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("run", no_wrap=True)
    table.add_column("when", no_wrap=True)
    table.add_column("scenarios", overflow="fold", min_width=8)
    table.add_column("verdict", no_wrap=True)
    for name in ("done/s", "errors", "p99 ms"):
        table.add_column(name, justify="right", no_wrap=True)
    for entry in entries:
        status = plain(entry.status or NONE)
        table.add_row(*_before(entry), Text(status, STYLES.get(status, "")), *_figures(entry))
    return table


def _before(entry: HistoryEntry) -> Iterator[str]:
    yield plain(entry.run_id)
    yield _when(entry.started_at)
    yield plain(", ".join(entry.scenarios))


def _when(text: object) -> str:
    """In the local time zone, to the minute; the year is in the name of the run."""
    try:
        return f"{datetime.fromisoformat(str(text)).astimezone():%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return NONE


def _figures(entry: HistoryEntry) -> Iterator[str]:
    for value, suffix in (
        (entry.throughput_rps, ""),
        (entry.error_rate_percent, " %"),
        (entry.p99_latency_ms, ""),
    ):
        yield NONE if value is None else f"{value:,.1f}{suffix}"
