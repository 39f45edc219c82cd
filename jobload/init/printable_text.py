"""Somebody else's words, for a comment or a console."""

from __future__ import annotations


def on_one_line(text: str) -> str:
    """Without what breaks a line or steers a terminal, whoever wrote it."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())
