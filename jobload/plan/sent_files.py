"""Files that a scenario sends, as lines of JSON or as they are: looked at before any load."""

from __future__ import annotations

import codecs
import json
import string
from collections.abc import Iterator
from math import inf
from pathlib import Path

from jobload.plan.field_types import MAX_PAYLOAD_BYTES
from jobload.plan.flow.data_file import DataFile
from jobload.plan.flow.step import BodyFile
from jobload.plan.ordinary_file import kind_flaw
from jobload.plan.problem import PlanError, Problem, collected
from jobload.plan.scenario import Scenario


def read_rows(file: str | Path) -> Iterator[tuple[int, bytes]]:
    """Each row with the number of its line, as it is sent. A byte order mark is no part of it."""
    with Path(file).open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            row = (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).strip()
            if row:
                yield number, row


def check_sent_files(scenario: Scenario) -> None:
    """PlanError naming each that can't be read, and the first lines that are no JSON."""
    problems: list[Problem] = []
    if scenario.payload is not None:
        with collected(problems):
            DataFile(scenario.payload.file, most_bytes=inf).read(_check_rows)
    bodies = _body_files(scenario)
    problems += [Problem(file, None, None, "", flaw) for file in bodies if (flaw := _flaw(file))]
    if problems:
        raise PlanError(problems)


def lacking_files(scenario: Scenario, sends_payload: bool) -> Iterator[str]:
    """A sentence for each that the leader could read, and this machine can't. A payload that none
    of the scenario's users sends, as one of the defaults, is not looked for."""
    payload = [scenario.payload.file] if scenario.payload is not None and sends_payload else []
    for file in [*payload, *_body_files(scenario)]:
        try:
            flaw = kind_flaw(file)
            if flaw is None:
                Path(file).open("rb").close()
        except OSError as error:
            flaw = f"can't be read: {error.strerror}"
        if flaw is not None:
            yield f"{file} {flaw}; each worker wants it at the same path as the master"


def _body_files(scenario: Scenario) -> list[str]:
    bodies = [step.body for step in scenario.all_steps]
    return list(dict.fromkeys(body.file for body in bodies if isinstance(body, BodyFile)))


def _check_rows(data: DataFile, lines: Iterator[str]) -> None:
    """As strict as servers are: no NaN, and nothing but UTF-8."""
    rows = 0
    for number, line in enumerate(lines, start=1):
        if line.strip(string.whitespace):
            rows += 1
            _check_row(data, number, line)
    if not rows:
        data.note(None, "holds no row; expected one JSON value a line")


def _check_row(data: DataFile, number: int, line: str) -> None:
    row = line.rstrip(string.whitespace)
    row = row.lstrip(string.whitespace).rjust(len(row))  # of blanks that JSON has, in their columns
    try:
        # Numbers may have any length; what they come to is the target's affair.
        json.loads(row, parse_constant=_no_constant, parse_int=len, parse_float=len)
    except json.JSONDecodeError as error:
        data.note(number, f"is no JSON: {error.msg}", error.colno)
    except ValueError as error:
        data.note(number, f"is no JSON: {error}")
    except RecursionError:
        data.note(number, "is nested too deeply")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _flaw(file: str) -> str | None:
    try:
        if flaw := kind_flaw(file):
            return flaw
        with Path(file).open("rb") as body:
            size = len(body.read(MAX_PAYLOAD_BYTES + 1))
    except OSError as error:
        return f"can't be read: {error.strerror}"
    return "is larger than 16 MiB" if size > MAX_PAYLOAD_BYTES else None
