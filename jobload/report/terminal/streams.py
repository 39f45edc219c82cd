"""A console that takes any text, and may go away, without harm to the verdict."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TextIO


def accept_any_text() -> None:
    """A dash that the locale's encoding lacks is printed as a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def tell(text: str, end: str = "\n") -> None:
    """On the error stream, whether anybody reads it or not."""
    try:
        print(text, end=end, file=sys.stderr, flush=True)
    except OSError:
        go_on_without(sys.stderr)


def go_on_without(stream: TextIO) -> None:
    """Nobody reads it any more (a closed pipe, a terminal that is gone); or everything that is said
    later, by Python itself at its end too, would be an error of its own."""
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
