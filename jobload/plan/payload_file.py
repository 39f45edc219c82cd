"""The payload file of a scenario: lines of JSON, checked one by one before any load."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path

from jobload.plan.ordinary_file import kind_flaw
from jobload.plan.problem import PlanError, Problem
from jobload.plan.scenario import Scenario

MOST_PROBLEMS = 20


def read_rows(file: str | Path) -> Iterator[tuple[int, bytes]]:
    """Each row with the number of its line, as it is sent. A byte order mark is no part of it."""
    with Path(file).open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            row = (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).strip()
            if row:
                yield number, row


def check_rows(scenario: Scenario) -> None:
    """PlanError with the first lines that are no JSON, or when there is no line at all."""
    if scenario.payload is None:
        return
    problems: list[Problem] = []
    for problem in _problems(scenario.payload.file):
        problems.append(problem)
        if len(problems) == MOST_PROBLEMS:
            break
    if problems:
        raise PlanError(problems)


def _problems(file: str) -> Iterator[Problem]:
    rows = 0
    try:
        if flaw := kind_flaw(file):
            yield Problem(file, None, None, "", flaw)
            return
        for number, row in read_rows(file):
            rows += 1
            if problem := _problem(file, number, row):
                yield problem
    except OSError as error:
        yield Problem(file, None, None, "", f"can't be read: {error.strerror}")
        return
    if not rows:
        yield Problem(file, None, None, "", "holds no row; expected one JSON value a line")


def _problem(file: str, number: int, row: bytes) -> Problem | None:
    """As strict as servers are: no NaN, and nothing but UTF-8."""
    try:
        # Numbers may have any length; what they come to is the target's affair.
        json.loads(row.decode("utf-8"), parse_constant=_no_constant, parse_int=len, parse_float=len)
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 (byte 0x{row[error.start]:02x}); save the file as UTF-8"
        return Problem(file, number, error.start + 1, "", message)
    except json.JSONDecodeError as error:
        return Problem(file, number, error.colno, "", f"is no JSON: {error.msg}")
    except ValueError as error:
        return Problem(file, number, 1, "", f"is no JSON: {error}")
    except RecursionError:
        return Problem(file, number, 1, "", "is nested too deeply")
    return None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")
