"""The verdict does not depend on who reads it, and a misspelt setting is told."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.load_test import run_locust
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server


def test_a_console_of_ascii_and_misspelt_settings_change_no_verdict(tmp_path: Path) -> None:
    options = write_plan(tmp_path, {"light": steady(2, None, 2, 1)})
    environ = {
        "PYTHONIOENCODING": "ascii",
        "JOBLOAD_KEEPRUNS": "3",
        "JOBLOAD_TARGET_REDIS_URLL": "redis://nowhere",
        "JOBLOAD_TARGET_BEHAVIOUR": '{"latency": {"ms": 20}}',  # or it computes all the time
    }
    outcome = run_locust(tmp_path, *options, environ=environ)
    outcome.assert_came_to(0, "PASS")
    assert "did you mean JOBLOAD_KEEP_RUNS?" in outcome.console
    assert "JOBLOAD_TARGET_REDIS_URLL is not a setting of the target" in outcome.console


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_nor_does_a_stream_that_is_closed_before_it_begins(tmp_path: Path, closed: str) -> None:
    """As some supervisors of processes have it."""
    options = write_plan(tmp_path, {"light": steady(2, None, 2, 1)})
    results = tmp_path / "results"
    command = [sys.executable, "-m", "jobload", "run", *options, "--results", str(results)]
    with running_server("fixed", latency_ms=20) as server:
        line = f"{shlex.join([*command, '--host', server.url])} {closed}"
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len([*results.glob("[0-9]*/result.json")]) == 1
