"""The lines of a data file, within bounds and in UTF-8, with the place of what is wrong."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from jobload.plan.flow.table import LARGEST_FILE_BYTES
from jobload.plan.ordinary_file import kind_flaw
from jobload.plan.problem import PlanError, Problem

MOST_PROBLEMS = 20
_WIDER = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_Found = TypeVar("_Found")


class DataFile:
    """Collects problems, and raises them once there are many."""

    def __init__(self, name: str, most_bytes: float = LARGEST_FILE_BYTES) -> None:
        """`most_bytes` of what is held in memory."""
        self.name = name
        self._most_bytes = most_bytes
        self.problems: list[Problem] = []

    def note(self, line: int | None, message: str, column: int = 1) -> None:
        place = None if line is None else column
        self.problems.append(Problem(self.name, line, place, "", message))
        if len(self.problems) == MOST_PROBLEMS:
            self.raise_problems()

    def fail(self, line: int | None, message: str, column: int = 1) -> PlanError:
        """For what leaves nothing to go on with."""
        self.note(line, message, column)
        return PlanError(self.problems)

    def raise_problems(self) -> None:
        if self.problems:
            raise PlanError(self.problems)

    def read(self, take: Callable[[DataFile, Iterator[str]], _Found]) -> _Found:
        """What `take` makes of the lines, with their ends; a byte order mark is no part of them."""
        try:
            if flaw := kind_flaw(self.name):
                raise self.fail(None, flaw)
            if Path(self.name).stat().st_size > self._most_bytes:
                raise self._too_large()
            with Path(self.name).open("rb") as file:
                found = take(self, self._lines(file))
        except OSError as error:
            raise self.fail(None, f"can't be read: {error.strerror}") from None
        self.raise_problems()
        return found

    def _too_large(self) -> PlanError:
        mebibytes = LARGEST_FILE_BYTES // 1024**2
        return self.fail(None, f"is larger than {mebibytes} MiB, which are held in memory")

    def _lines(self, file: Iterator[bytes]) -> Iterator[str]:
        size = 0
        for number, line in enumerate(file, start=1):
            size += len(line)
            if size > self._most_bytes:  # it grows
                raise self._too_large()
            if number == 1:
                if line.startswith(_WIDER):
                    raise self.fail(1, "is UTF-16; save the file as UTF-8")
                line = line.removeprefix(codecs.BOM_UTF8)
            if (at := line.find(0)) >= 0:
                raise self.fail(number, "holds a NUL, so this is no text in UTF-8", at + 1)
            try:
                yield line.decode()
            except UnicodeDecodeError as error:
                byte, column = line[error.start], error.start + 1
                message = f"is not UTF-8 (byte 0x{byte:02x}); save the file as UTF-8"
                raise self.fail(number, message, column) from None
