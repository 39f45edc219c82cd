"""results/<run id>/: written as a whole or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import time

from jobload.measure.figures import RunFigures
from jobload.report.files.benchmark import benchmark_json
from jobload.report.files.hdr_text import hdr_text
from jobload.report.files.history_entry import history_entry
from jobload.report.files.junit import junit_xml
from jobload.report.files.markdown import summary_markdown
from jobload.report.result.model import Result

RESULT_FILE = "result.json"
HISTOGRAM_FILE = "histogram.hgrm"
REPORT_FILE = "report.html"
OWN_FILES = (
    RESULT_FILE,
    "junit.xml",
    "summary.md",
    "benchmark.json",
    REPORT_FILE,
    HISTOGRAM_FILE,
)
HISTOGRAMS_OF_STAGES = "histograms"
HISTORY_FILE = "history.jsonl"
LATEST = "latest"
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
KEEP_SETTING = "JOBLOAD_KEEP_RUNS"
KEEP_RUNS = 50
RUN_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")
UNFINISHED = (".????????-??????-??????.*", f".{LATEST}.????????-??????-??????")
ABANDONED_S = 3600.0
MOST_REMOVALS = 100
NEEDED_BYTES = 1024 * 1024
"""What the reports of a run take, more or less."""


class ReportError(Exception):
    """One sentence. `folder` is where the reports that could be written are, if any could."""

    def __init__(self, sentence: str, folder: Path | None = None) -> None:
        super().__init__(sentence)
        self.folder = folder


def check_results_dir(results_dir: str | os.PathLike[str]) -> str | None:
    """Before any load: why no reports could be written there, or None. Leaves nothing behind."""
    if not os.fspath(results_dir):
        return "expected the name of a folder, and got none"
    results = Path(results_dir)
    made: list[Path] = []
    try:
        made += [folder for folder in (results, *results.parents) if not folder.exists()]
        results.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=results) as file:
            file.write(bytes(NEEDED_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return f"no reports could be written to {results}: {_why(error)}"
    finally:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
    return None


def write_result_elsewhere(result: Result) -> Path:
    """A temporary folder with result.json, when the folder for it fails after all. OSError when
    that fails too."""
    folder = Path(tempfile.mkdtemp(prefix=f"jobload-{result.run_id}-"))
    (folder / RESULT_FILE).write_text(to_json(result), encoding="utf-8")
    return folder


def write_reports(
    result: Result,
    run: RunFigures,
    results_dir: str | os.PathLike[str],
    environ: Mapping[str, str] = os.environ,
) -> Path:
    """The folder of the run. Raises ReportError, after having written all that could be."""
    results = Path(results_dir)
    keep = _runs_to_keep(environ)
    unfinished = results / f".{result.run_id}.{os.getpid()}"
    folder = results / result.run_id
    try:
        results.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            raise ReportError(f"{folder} exists already; this run's reports were not written.")
        unfinished.mkdir()
        problems = _write_files(result, run, unfinished)
        unfinished.rename(folder)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise ReportError(f"The reports could not be written to {folder}: {_why(error)}.") from None
    problems += [problem for problem in _around(result, results, folder, keep, environ) if problem]
    if problems:
        raise ReportError(" ".join(problems), folder)
    return folder


def _write_files(result: Result, run: RunFigures, folder: Path) -> list[str]:
    """The problems; only result.json is so essential that its failure is raised."""
    (folder / RESULT_FILE).write_text(to_json(result), encoding="utf-8")
    problems = []
    for name, render in _files(result, run):
        try:
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(render(), encoding="utf-8")
        except OSError:
            raise
        except Exception as error:
            problems.append(f"{name} could not be made: {type(error).__name__}: {error}.")
    return problems


def to_json(result: Result) -> str:
    return result.model_dump_json(indent=2, by_alias=True) + "\n"


def _files(result: Result, run: RunFigures) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "junit.xml", lambda: junit_xml(result)
    yield "summary.md", lambda: summary_markdown(result)
    yield "benchmark.json", lambda: benchmark_json(result)
    yield REPORT_FILE, lambda: _html(result)
    yield HISTOGRAM_FILE, lambda: hdr_text(run.total().response_time)
    for scenario in run.scenarios:
        for stage in scenario.stages:
            name = f"{scenario.position + 1:02}-{scenario.name}-{stage.name}.hgrm"
            yield f"{HISTOGRAMS_OF_STAGES}/{name}", partial(hdr_text, stage.overall.response_time)


def _html(result: Result) -> str:
    """Imported only here: a run should not wait for templates before it starts."""
    from jobload.report.files.html_page import report_html

    return report_html(result)


def _around(
    result: Result, results: Path, folder: Path, keep: int, environ: Mapping[str, str]
) -> Iterator[str | None]:
    yield _tried(f"{results / LATEST} could not be set", lambda: _point_latest(results, folder))
    line = json.dumps(history_entry(result)) + "\n"
    history = results / HISTORY_FILE
    yield _tried(f"{history} could not be written", lambda: _append(history, line))
    if path := environ.get(STEP_SUMMARY):
        text = summary_markdown(result) + "\n"
        failure = f"The summary could not be added to {path}"
        yield _tried(failure, lambda: _append(Path(path), text))
    yield _tried(
        f"Old runs in {results} could not be removed", lambda: _prune(results, keep, folder)
    )


def _tried(failure: str, action: Callable[[], None]) -> str | None:
    try:
        action()
    except OSError as error:
        return f"{failure}: {_why(error)}."
    return None


def _point_latest(results: Path, folder: Path) -> None:
    fresh = results / f".{LATEST}.{folder.name}"
    fresh.symlink_to(folder.name)
    try:
        fresh.replace(results / LATEST)
    except OSError:
        fresh.unlink()
        raise


def _append(path: Path, text: str) -> None:
    """One write, so that runs that end at the same time don't mix. A pipe that nobody reads must
    not keep the process."""
    start = "\n" if _is_cut_off(path) else ""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
    descriptor = os.open(path, flags, 0o644)
    try:
        left = (start + text).encode()
        while left:  # what a full disk does not take at once, it refuses then
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)


def _is_cut_off(path: Path) -> bool:
    """The disk was full in the middle of a line."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
        return file.read() not in (b"", b"\n")


def _runs_to_keep(environ: Mapping[str, str]) -> int:
    text = environ.get(KEEP_SETTING, str(KEEP_RUNS)).strip()
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else KEEP_RUNS


def _prune(results: Path, keep: int, newest: Path) -> None:
    """Removes the oldest folders that are runs of ours, and what a killed run left unfinished."""
    runs = sorted(
        (path for path in results.iterdir() if RUN_ID.fullmatch(path.name)), key=lambda p: p.name
    )
    ours = [path for path in runs if path != newest and (path / RESULT_FILE).is_file()]
    for old in ours[: max(0, len(ours) + 1 - keep)]:
        if not old.is_symlink():
            _remove(old)
    for path in (p for form in UNFINISHED for p in results.glob(form)):
        with suppress(FileNotFoundError):
            if time() - path.lstat().st_mtime <= ABANDONED_S:
                continue
            if path.is_symlink():
                path.unlink()
            elif path.is_dir():
                _remove(path)


def _remove(folder: Path) -> None:
    """A run that ends at the same time may be about it, too; what some shares list that is not
    there, nobody removes."""
    tries = MOST_REMOVALS
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            if not (tries := tries - 1):
                raise


def _why(error: OSError) -> str:
    return error.strerror or str(error)
