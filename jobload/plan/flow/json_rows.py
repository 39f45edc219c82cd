"""Rows of a file of JSON lines: an object each, all with the same keys. Values keep their types.

The standard parser, since it alone tells of keys that come twice and of numbers that it can't hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jobload.plan.flow.data_file import DataFile
from jobload.plan.flow.table import MOST_COLUMNS, RowError, Table
from jobload.plan.problem import shown

EXPECTED = 'expected an object a line, as in {"user": "ann", "age": 41}'
_LEAST, _MOST = -(2**63), 2**64 - 1


def json_columns(data: DataFile, lines: Iterator[str]) -> tuple[str, ...]:
    return _columns(data, _rows(data, lines))[0]


def json_table(data: DataFile, lines: Iterator[str]) -> Table:
    rows = _rows(data, lines)
    columns, first = _columns(data, rows)
    table = Table(columns)
    _add(data, table, first)
    for row in rows:
        _add(data, table, row)
    return table


def _columns(
    data: DataFile, rows: Iterator[tuple[int, dict[str, Any]]]
) -> tuple[tuple[str, ...], tuple[int, dict[str, Any]]]:
    """With the row that they were read from."""
    if (first := next(rows, None)) is None:
        data.raise_problems()
        raise data.fail(None, f"is empty; {EXPECTED}")
    line, row = first
    if not row:
        raise data.fail(line, f"is an object without keys; {EXPECTED}")
    if len(row) > MOST_COLUMNS:
        raise data.fail(line, f"has {len(row):,} keys; at most {MOST_COLUMNS:,} are read")
    if unnamed := [key for key in row if key != key.strip() or not key]:
        raise data.fail(line, f"has the key {shown(unnamed[0])}; a key is a word without blanks")
    return tuple(row), first


def _add(data: DataFile, table: Table, numbered: tuple[int, dict[str, Any]]) -> None:
    line, row = numbered
    if row.keys() != set(table.columns):
        data.note(line, _difference(table.columns, row))
        return
    try:
        table.add([row[column] for column in table.columns])
    except RowError as error:
        raise data.fail(line, str(error)) from None


def _difference(columns: tuple[str, ...], row: dict[str, Any]) -> str:
    lacks = [f"lacks the key {shown(c)}" for c in columns if c not in row]
    more = [
        f"has the key {shown(k)}, which the first line has not" for k in row if k not in columns
    ]
    return f"{' and '.join([*lacks, *more][:3])}; all lines must have the same keys"


def _rows(data: DataFile, lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        if (row := _row(data, number, text)) is not None:
            yield number, row


def _row(data: DataFile, number: int, text: str) -> dict[str, Any] | None:
    try:
        row = json.loads(
            text.rstrip("\r\n"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_whole,
            parse_float=_number,
        )
    except json.JSONDecodeError as error:
        data.note(number, f"is no JSON: {error.msg}; {EXPECTED}", error.colno)
        return None
    except RowError as error:
        data.note(number, str(error))
        return None
    except RecursionError:
        data.note(number, "is nested too deeply")
        return None
    if not isinstance(row, dict):
        data.note(number, f"is {_kind(row)}; {EXPECTED}")
        return None
    return row


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise RowError(f"has the key {shown(twice)} twice; take one of them out")
    return found


def _constant(name: str) -> None:
    raise RowError(f"holds {name}, which is no JSON; write a number, a text or null")


def _whole(text: str) -> int:
    if len(text) > len(str(_LEAST)) or not _LEAST <= int(text) <= _MOST:
        raise _unheld(text)
    return int(text)


def _number(text: str) -> float:
    if abs(number := float(text)) == float("inf"):
        raise _unheld(text)
    return number


def _unheld(text: str) -> RowError:
    return RowError(
        f"holds the number {text[:30]}, which needs more than 64 bits; put it in quotes"
    )


def _kind(value: object) -> str:
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else f"{json.dumps(value)}"
