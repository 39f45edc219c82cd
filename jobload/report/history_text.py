"""results/history.jsonl as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from jobload.report.plain import plain
from jobload.report.status_word import STYLES
from jobload.report.write import HISTORY_FILE

WIDTH = 80
NONE = "–"
Entry = Mapping[str, Any]


class HistoryError(Exception):
    """One sentence on why there is no history to show."""


def read_history(results: str | Path) -> tuple[list[Entry], int]:
    """The entries in their order, the newest last, and how many lines are none."""
    path = Path(results) / HISTORY_FILE
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise HistoryError(
            f"{path} can't be read: {error.strerror or error}. Each run adds a line to it."
        ) from None
    entries = [entry for line in lines if (entry := _entry(line)) is not None]
    return entries, sum(1 for line in lines if line.strip()) - len(entries)


def _entry(line: str) -> Entry | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "run_id" in entry else None


def print_history(entries: Sequence[Entry], file: TextIO) -> None:
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


def _table(entries: Sequence[Entry]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("run", no_wrap=True)
    table.add_column("when", no_wrap=True)
    table.add_column("scenarios", overflow="fold", min_width=8)
    table.add_column("verdict", no_wrap=True)
    for name in ("done/s", "errors", "p99 ms"):
        table.add_column(name, justify="right", no_wrap=True)
    for entry in entries:
        status = plain(str(entry.get("status", NONE)))
        table.add_row(*_before(entry), Text(status, STYLES.get(status, "")), *_figures(entry))
    return table


def _before(entry: Entry) -> Iterator[str]:
    yield plain(str(entry["run_id"]))
    yield _when(entry.get("started_at"))
    names = entry.get("scenarios")
    yield plain(", ".join(map(str, names)) if isinstance(names, list) else NONE)


def _when(text: object) -> str:
    """In the local time zone, to the minute; the year is in the name of the run."""
    try:
        return f"{datetime.fromisoformat(str(text)).astimezone():%m-%d %H:%M}"
    except ValueError:
        return NONE


def _figures(entry: Entry) -> Iterator[str]:
    for key, suffix in (
        ("throughput_rps", ""),
        ("error_rate_percent", " %"),
        ("p99_latency_ms", ""),
    ):
        value = entry.get(key)
        yield f"{value:,.1f}{suffix}" if isinstance(value, int | float) else NONE
