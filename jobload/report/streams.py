"""A console that takes any text, and may go away, without harm to the verdict."""

from __future__ import annotations

import io
import os
import sys


def accept_any_text() -> None:
    """A dash that the locale's encoding lacks is printed as a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def go_on_without_stdout() -> None:
    """Nobody reads it any more; or Python would end with an error of its own."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
