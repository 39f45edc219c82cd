"""Writes files that are not there yet, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jobload.plan.problem import PlanError, option_problem


def write_new(folder: Path, files: Mapping[str, bytes]) -> None:
    written: list[Path] = []
    try:
        _check_new(folder, files)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            with (folder / name).open("xb") as file:
                written.append(folder / name)
                file.write(content)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        sentence = f"can't be written: {error.strerror}"
        raise PlanError([option_problem(str(error.filename or folder), sentence)]) from None


def _check_new(folder: Path, files: Mapping[str, bytes]) -> None:
    there = [folder / name for name in files if (folder / name).exists()]
    if there:
        raise PlanError(
            option_problem(
                str(path), "is there already, so nothing was written; move it, or take --into DIR"
            )
            for path in there
        )
