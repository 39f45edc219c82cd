"""A console that takes any text, and may go away, without harm to the verdict."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from jobload.judge.exit_code import CONFIGURATION_ERROR


def accept_any_text() -> None:
    """A dash that the locale's encoding lacks is printed as a question mark; what is said to a
    stream that was closed before the process began goes nowhere."""
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            _occupy(descriptor)
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115  # for good
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _occupy(descriptor: int) -> None:
    """Or the next file has its number; also in the program that this one becomes."""
    try:
        os.fstat(descriptor)
    except OSError:
        nothing = os.open(os.devnull, os.O_RDWR)
        if nothing != descriptor:
            os.dup2(nothing, descriptor)
            os.close(nothing)
        os.set_inheritable(descriptor, True)


class Outlived(io.RawIOBase):
    """Standard output whose end breaks nothing off. `lost` is why not all was written."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.lost: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: Any) -> int:
        try:
            return len(data) if self.lost is not None else os.write(self._descriptor, data)
        except OSError as error:
            self.lost = error
            return len(data)


def outlive_output() -> Callable[[int], int]:
    """For commands that end by themselves. Returns what makes of their exit code that of the
    process: a reader who has left (`| head`) changes nothing, output that is lost is an error."""
    plain = sys.stdout
    if plain is sys.__stdout__ and isinstance(plain, io.TextIOWrapper):
        raw = Outlived(plain.fileno())
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(raw), plain.encoding, "replace", line_buffering=raw.isatty()
        )
        return partial(_code_after, raw)
    return lambda code: code


def _code_after(raw: Outlived, code: int) -> int:
    sys.stdout.flush()
    if raw.lost is None or isinstance(raw.lost, BrokenPipeError):
        return code
    tell(f"the output could not be written: {raw.lost.strerror}")
    return CONFIGURATION_ERROR


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
