"""The runs that left reports in the results folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jobload.compare.result_file import PastRunError, read_result
from jobload.report.files.history import HistoryEntry, HistoryError, read_history
from jobload.report.files.write import HISTOGRAMS_OF_STAGES, OWN_FILES, RESULT_FILE, RUN_ID
from jobload.report.result.model import Result

LARGEST_RESULT_BYTES = 16 * 1024 * 1024


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
        """A link in it could lead anywhere."""
        if RUN_ID.fullmatch(name) is None:
            return False
        result = self._folder / name / RESULT_FILE
        return result.is_file() and not result.is_symlink()

    def read(self, run_id: str) -> Result | Unreadable | None:
        if not self._is_run(run_id):
            return None
        path = self._folder / run_id / RESULT_FILE
        try:
            return _read(path, path.stat().st_mtime_ns)
        except (OSError, PastRunError) as error:
            return Unreadable(run_id, str(error))

    def history(self) -> list[HistoryEntry]:
        try:
            return read_history(self._folder)[0]
        except HistoryError:
            return []

    def files(self, run_id: str) -> list[str]:
        """What there is to download: files of a run, and nothing else that may lie there."""
        if not self._is_run(run_id):
            return []
        folder = self._folder / run_id
        paths = [folder / name for name in OWN_FILES]
        if not (histograms := folder / HISTOGRAMS_OF_STAGES).is_symlink():
            paths += histograms.glob("*.hgrm")
        found = [p for p in paths if p.is_file() and not p.is_symlink()]
        return sorted(p.relative_to(folder).as_posix() for p in found)

    def path(self, run_id: str, name: str) -> Path | None:
        return self._folder / run_id / name if name in self.files(run_id) else None

    def baseline(self, run_id: str) -> Path | None:
        return self._folder / run_id / RESULT_FILE if self._is_run(run_id) else None


@lru_cache(maxsize=8)
def _read(path: Path, changed_ns: int) -> Result:
    return read_result(path, LARGEST_RESULT_BYTES)
