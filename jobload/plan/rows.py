"""The payload file of a scenario: lines of JSON, checked one by one before any load."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from jobload.plan.problem import PlanError, Problem
from jobload.plan.scenario import Scenario

MOST_PROBLEMS = 20


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
        with Path(file).open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    rows += 1
                    if problem := _problem(file, number, line):
                        yield problem
    except OSError as error:
        yield Problem(file, None, None, "", f"can't be read: {error.strerror}")
        return
    if not rows:
        yield Problem(file, None, None, "", "holds no row; expected one JSON value a line")


def _problem(file: str, number: int, line: bytes) -> Problem | None:
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        return Problem(file, number, error.colno, "", f"is no JSON: {error.msg}")
    except UnicodeDecodeError:
        return Problem(file, number, 1, "", "is not UTF-8")
    return None
