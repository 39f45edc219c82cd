"""The runs that left reports in the results folder."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jobload.report.model import Result
from jobload.report.write import HISTORY_FILE, RESULT_FILE, RUN_ID

LINES_OF_HISTORY = 1000
LARGEST_RESULT_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A run whose result is there and can't be read, with the reason in one sentence."""

    run_id: str
    reason: str


class RunStore:
    """Only folders whose name is that of a run are looked at: no path comes from a request."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ids(self) -> list[str]:
        """The newest first."""
        try:
            names = [path.name for path in self._folder.iterdir()]
        except OSError:
            return []
        return sorted((name for name in names if self._is_run(name)), reverse=True)

    def _is_run(self, name: str) -> bool:
        return RUN_ID.fullmatch(name) is not None and (self._folder / name / RESULT_FILE).is_file()

    def read(self, run_id: str) -> Result | Unreadable | None:
        if not self._is_run(run_id):
            return None
        path = self._folder / run_id / RESULT_FILE
        try:
            return _read(path, path.stat().st_mtime_ns)
        except OSError as error:
            return Unreadable(run_id, f"{path} can't be read: {error.strerror or error}.")
        except ValueError:
            reason = f"{path} has a form this version of jobload does not know."
            return Unreadable(run_id, reason)

    def summaries(self) -> list[dict[str, Any]]:
        """One entry of the history for each run, the newest first; just the id without one."""
        known = self._history()
        return [known.get(run_id, {"run_id": run_id}) for run_id in self.ids()]

    def _history(self) -> dict[str, dict[str, Any]]:
        entries = {}
        try:
            with (self._folder / HISTORY_FILE).open(encoding="utf-8") as lines:
                for line in deque(lines, LINES_OF_HISTORY):
                    if isinstance(entry := _parsed(line), dict) and "run_id" in entry:
                        entries[str(entry["run_id"])] = entry
        except OSError:
            pass
        return entries

    def files(self, run_id: str) -> list[str]:
        """What there is to download, histograms of stages included."""
        if not self._is_run(run_id):
            return []
        folder = self._folder / run_id
        paths = [p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()]
        return sorted(p.relative_to(folder).as_posix() for p in paths)

    def path(self, run_id: str, name: str) -> Path | None:
        return self._folder / run_id / name if name in self.files(run_id) else None

    def baseline(self, run_id: str) -> Path | None:
        return self._folder / run_id / RESULT_FILE if self._is_run(run_id) else None


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


@lru_cache(maxsize=8)
def _read(path: Path, changed_ns: int) -> Result:
    if path.stat().st_size > LARGEST_RESULT_BYTES:
        raise ValueError("too large")
    try:
        return Result.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ValueError("not a result") from error
