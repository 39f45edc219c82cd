"""How a status looks on a terminal."""

from __future__ import annotations

from rich.text import Text

STYLES = {
    "PASS": "green",
    "FAIL": "bold red",
    "INVALID": "bold magenta",
    "PROFILED": "cyan",
    "WARN": "yellow",
    "INSUFFICIENT": "magenta",
}


def status_word(status: str) -> Text:
    return Text(status, STYLES[status])
