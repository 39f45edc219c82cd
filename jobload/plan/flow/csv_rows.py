"""Rows of a CSV file: RFC 4180, with a header line. All values are text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from jobload.plan.counted import counted
from jobload.plan.flow.data_file import DataFile
from jobload.plan.flow.table import MOST_COLUMNS, RowError, Table
from jobload.plan.problem import shown

HEADER = "the first line names the columns, as in user,password"
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_MEANING = {
    "unexpected end of data": 'a quote (") is opened and never closed',
    "new-line": "a line ends with CR alone; save the file with LF or CRLF",
    "field larger": f"a value is longer than {csv.field_size_limit():,} characters",
}


def csv_columns(data: DataFile, lines: Iterator[str]) -> tuple[str, ...]:
    return _columns(data, _rows(data, lines))


def csv_table(data: DataFile, lines: Iterator[str]) -> Table:
    rows = _rows(data, lines)
    table = Table(_columns(data, rows))
    width = len(table.columns)
    for line, row in rows:
        if len(row) != width:
            data.note(
                line, f"has {counted(len(row), 'value')}, and the header names {width}; {_fix(row)}"
            )
            continue
        try:
            table.add(row)
        except RowError as error:
            raise data.fail(line, str(error)) from None
    if not len(table) and not data.problems:
        data.note(None, f"holds no row below its header; {HEADER}")
    return table


def _rows(data: DataFile, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """Each with the number of its first line; blank lines are none."""
    reader = csv.reader(lines, strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        message = next((m for sign, m in _MEANING.items() if sign in str(error)), None)
        raise data.fail(
            line, message or f"is no CSV: {error}; a quote within quotes is doubled"
        ) from None


def _columns(data: DataFile, rows: Iterator[tuple[int, list[str]]]) -> tuple[str, ...]:
    line, names = next(rows, (1, []))
    if not names:
        raise data.fail(None, f"is empty; {HEADER}")
    if len(names) > MOST_COLUMNS:
        raise data.fail(line, f"has {len(names):,} columns; at most {MOST_COLUMNS:,} are read")
    for number, name in enumerate(names, start=1):
        if flaw := _flaw(name, names[: number - 1]):
            data.note(line, f"column {number} {flaw}; {HEADER}")
    if len(names) == 1:
        for sign, word in _OTHER_SEPARATORS.items():
            if sign in names[0]:
                data.note(line, f"has {word} between its columns; save the file with commas")
    data.raise_problems()
    return tuple(names)


def _flaw(name: str, before: list[str]) -> str | None:
    if not name.strip():
        return "has no name"
    if name != name.strip():
        return f"is called {shown(name)}, with blanks around it; take them off"
    if name in before:
        return f"is called {shown(name)}, as column {before.index(name) + 1} is"
    if _NUMBER.fullmatch(name):
        return f"is called {shown(name)}, which looks like a value"
    return None


def _fix(row: list[str]) -> str:
    return "a value with a comma or a line break stands in quotes" if row else HEADER
