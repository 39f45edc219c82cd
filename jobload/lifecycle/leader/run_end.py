"""From a drained run to its verdict, its reports and its exit code."""

from __future__ import annotations

import os
import platform
import subprocess
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

from jobload.compare.earlier_run import baseline_of
from jobload.judge.exit_code import INTERRUPTED, INVALID
from jobload.judge.verdict import judge
from jobload.lifecycle.leader.run import Run
from jobload.report.files.write import ReportError, write_reports, write_result_elsewhere
from jobload.report.result.model import Result
from jobload.report.result.result import build_result
from jobload.report.terminal.console_summary import print_report
from jobload.report.terminal.streams import go_on_without, tell


def conclude(run: Run, out: TextIO) -> int:
    """The exit code of the run: that of its verdict, or 3 when no report of it could be written."""
    figures = run.figures()
    baseline = run.setup.baseline
    before = baseline_of(baseline) if baseline else None
    verdict = judge(figures, run.setup.checks, before, run.window_log)
    result = build_result(
        figures,
        verdict,
        run.setup.checks,
        plan_configuration={"baseline": baseline.run_id} if baseline else {},
        environment=environment() | {"target_version": run.target_version},
    )
    run.result = result
    problem = None
    try:
        folder = write_reports(result, figures, run.setup.results_dir)
    except ReportError as error:
        problem = error
    try:
        print_report(result, out)
        if problem is None:
            print(f"Reports: {folder}", file=out)
        out.flush()
    except OSError:
        go_on_without(out)
    if problem is None:
        return verdict.exit_code
    tell(str(problem))
    if problem.folder is not None:
        return verdict.exit_code
    tell(_rescued(result))
    return verdict.exit_code if verdict.exit_code in INTERRUPTED.values() else INVALID


def _rescued(result: Result) -> str:
    try:
        folder = write_result_elsewhere(result)
    except OSError as error:
        return f"Nor could result.json be written elsewhere: {error.strerror or error}."
    return f"Its result.json is in {folder}; a run without its reports is no pass (exit {INVALID})."


def environment() -> dict[str, Any]:
    """What the figures depend on besides the plan."""
    packages = ("jobload", "locust", "gevent", "httptools")
    return {
        "versions": {"python": platform.python_version()} | {p: version(p) for p in packages},
        "cpu_count": os.cpu_count(),
        "processor": _processor(),
        "platform": platform.platform(),
        "git_revision": _git_revision(),
    }


def _processor() -> str:
    """The model: runs on another one are not to be compared with these."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git_revision() -> str | None:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
