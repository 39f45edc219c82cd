"""Files that steps send as they are, looked at before any load."""

from __future__ import annotations

from pathlib import Path

from jobload.plan.field_types import MAX_PAYLOAD_BYTES
from jobload.plan.flow.step import BodyFile
from jobload.plan.ordinary_file import kind_flaw
from jobload.plan.problem import PlanError, Problem
from jobload.plan.scenario import Scenario


def check_body_files(scenario: Scenario) -> None:
    """PlanError naming each that can't be read."""
    bodies = [step.body for step in scenario.all_steps]
    files = dict.fromkeys(body.file for body in bodies if isinstance(body, BodyFile))
    problems = [Problem(file, None, None, "", flaw) for file in files if (flaw := _flaw(file))]
    if problems:
        raise PlanError(problems)


def _flaw(file: str) -> str | None:
    try:
        if flaw := kind_flaw(file):
            return flaw
        with Path(file).open("rb") as body:
            size = len(body.read(MAX_PAYLOAD_BYTES + 1))
    except OSError as error:
        return f"can't be read: {error.strerror}"
    return "is larger than 16 MiB" if size > MAX_PAYLOAD_BYTES else None
