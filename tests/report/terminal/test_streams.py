"""The output of a command that ends by itself: its end, or its loss, is no verdict."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

JOBLOAD = str(Path(sys.executable).with_name("jobload"))
RUN = str(Path(__file__).parents[3] / "docs" / "example_run")
SOUND = {
    "compare": f"{JOBLOAD} compare {RUN} {RUN}",
    "history": f"{JOBLOAD} history --results {RUN}",
    "validate": f"{JOBLOAD} validate",
    "version": f"{JOBLOAD} --version",
    "help": f"{JOBLOAD} run --help",
}
FAILS = f"{JOBLOAD} try light --host http://127.0.0.1:1"


def run(command: str, out: str) -> tuple[int, str]:
    """The exit code of the command itself, and what it says on the error stream."""
    line = f"{command} {out}"
    done = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("out", ["| true", ">&-"], ids=["reader gone", "closed"])
@pytest.mark.parametrize("command", SOUND)
def test_nobody_who_reads_is_no_failure(command: str, out: str) -> None:
    """compare says by a 1 that something is worse."""
    assert run(SOUND[command], out) == (0, "")


def test_a_failure_stays_one_though_nobody_reads() -> None:
    assert run(FAILS, "| true") == (1, "")
    mistake = f"{JOBLOAD} compare none none"
    assert run(mistake, "2>&1 | true") == (2, "")  # 1 means worse


@pytest.mark.parametrize("command", [*SOUND.values(), FAILS])
def test_output_that_is_lost_is_told(command: str) -> None:
    told = "the output could not be written: No space left on device\n"
    assert run(command, "> /dev/full") == (2, told)
