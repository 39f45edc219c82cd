"""What a terminal shows: 80 columns, and colour only there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from io import StringIO
from typing import TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

WIDTH = 80
STYLES = {
    "PASS": "green",
    "FAIL": "bold red",
    "INVALID": "bold magenta",
    "PROFILED": "cyan",
    "WARN": "yellow",
    "INSUFFICIENT": "magenta",
}


def print_parts(parts: Iterable[RenderableType], file: TextIO) -> None:
    if file.isatty():
        _print(parts, file)
    else:
        file.write(parts_text(parts))


def parts_text(parts: Iterable[RenderableType]) -> str:
    text = StringIO()
    _print(parts, text)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _print(parts: Iterable[RenderableType], file: TextIO) -> None:
    console = Console(file=file, width=WIDTH, highlight=False, emoji=False, markup=False)
    for part in parts:
        console.print(part)


def local_minute(text: object) -> str:
    """The year is in the name of the run; nothing for what is no time."""
    try:
        return f"{datetime.fromisoformat(str(text)).astimezone():%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return ""


def status_word(status: str) -> Text:
    return Text(status, STYLES[status])


def bare_table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")


def add_numbers(table: Table, *names: str) -> None:
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
