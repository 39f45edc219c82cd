"""Data that somebody else has written, of which nothing can be taken for granted."""

from __future__ import annotations

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """The value, or an empty mapping where there is something else."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


def on_one_line(text: str) -> str:
    """Without what breaks a line or steers a terminal, whoever wrote it."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())
