"""From a drained run to its verdict, its reports and its exit code."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from typing import Any

from jobload.judge.past_run import baseline_of
from jobload.judge.verdict import judge
from jobload.lifecycle.run import Run
from jobload.report.console import print_report
from jobload.report.result import ReportError, build_result, write_reports
from jobload.report.streams import go_on_without_stdout


def conclude(run: Run) -> int:
    """The exit code of the run; the verdict stands even when its reports could not be written."""
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
        print_report(result, sys.stdout)
        if problem is None:
            print(f"Reports: {folder}")
        sys.stdout.flush()
    except OSError:
        go_on_without_stdout()
    if problem is not None:
        print(problem, file=sys.stderr)
    return verdict.exit_code


def environment() -> dict[str, Any]:
    """What the figures depend on besides the plan."""
    packages = ("jobload", "locust", "gevent", "httptools")
    return {
        "versions": {"python": platform.python_version()} | {p: version(p) for p in packages},
        "cpu_count": os.cpu_count(),
        "platform": platform.platform(),
        "git_revision": _git_revision(),
    }


def _git_revision() -> str | None:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
