"""The rows of a file, packed: a hundred bytes of text are about as many bytes of memory."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import orjson

MOST_ROWS = 1_000_000
MOST_COLUMNS = 1_000
LARGEST_FILE_BYTES = 64 * 1024 * 1024
LONGEST_ROW_BYTES = 256 * 1024


class RowError(ValueError):
    """Half a sentence on why a row can't be held."""


class Table:
    """Each row is a JSON array in the order of the columns, and ends with a line break."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self._packed = bytearray()
        self._ends = array("Q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def add(self, values: Sequence[Any]) -> None:
        try:
            row = orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)
        except orjson.JSONEncodeError as error:
            raise RowError(_flaw(str(error))) from None
        self.add_packed(row)

    def add_packed(self, rows: bytes) -> None:
        """Rows as `packed` gives them."""
        for row in rows.splitlines(keepends=True):
            self._add_row(row)

    def _add_row(self, row: bytes) -> None:
        if len(row) > LONGEST_ROW_BYTES:
            raise RowError(f"is longer than {LONGEST_ROW_BYTES:,} bytes; split it")
        if len(self) == MOST_ROWS:
            raise RowError(f"is one too many: at most {MOST_ROWS:,} rows are held; split the file")
        self._packed += row
        self._ends.append(len(self._packed))

    def packed(self, first: int, end: int) -> bytes:
        """Rows from `first`, counted from 0, up to `end`, which is not among them."""
        return bytes(self._packed[self._ends[first] : self._ends[end]])

    def end_within(self, first: int, end: int, most_bytes: int) -> int:
        """An end, `end` or one found by halving, with which rows from `first` are no longer than
        that, but with at least one row."""
        while end > first + 1 and self._ends[end] - self._ends[first] > most_bytes:
            end = first + max(1, (end - first) // 2)
        return end

    def values(self, index: int) -> dict[str, Any]:
        return dict(zip(self.columns, orjson.loads(self.packed(index, index + 1)), strict=True))


def _flaw(message: str) -> str:
    if "surrogates" in message:
        return r"holds half of a character (a lone \ud800 to \udfff); write the whole one"
    return "is nested too deeply" if "ecursion" in message else f"can't be sent as JSON: {message}"
