from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest
from e2e.nursery import completed

pytestmark = pytest.mark.processes

JOBLOAD = Path(sys.executable).parent / "jobload"
OPTIONS = (
    "--scenario",
    "--suite",
    "--scenarios",
    "--thresholds",
    "--no-rate",
    "--profile-only",
    "--results",
    "--allow-target",
    "--baseline",
    "--set",
    "--repeat",
)


def jobload(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return completed([str(JOBLOAD), *command], folder)


@pytest.mark.parametrize("asked", ["-h", "--help"])
def test_help_lists_the_options_that_locust_knows_nothing_of(asked: str, tmp_path: Path) -> None:
    done = jobload(tmp_path, "run", "--suite", "small", asked)
    assert (done.returncode, done.stderr) == (0, "")
    listed = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  --")]
    assert set(OPTIONS) <= set(listed)
    assert "locust --help" in done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import locust\n1 / 0\n", "theirs.py:2: ZeroDivisionError: division by zero\n"),
        ("import os\n", "No User class found!"),
        ("import sys\nsys.exit(1)\n", "theirs.py:2: SystemExit: 1\n"),
        ("import sys\nsys.exit('set HOST')\n", "theirs.py:2: SystemExit: set HOST\n"),
        ("exit()\n", "theirs.py:1: SystemExit: None\n"),
    ],
)
def test_a_locustfile_that_can_not_be_run_is_no_fail(tmp_path: Path, text: str, said: str) -> None:
    """As which Locust's own exit code, 1, would read."""
    (tmp_path / "theirs.py").write_text(text)
    done = jobload(tmp_path, "run", "-f", "theirs.py")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("file", "text", "options"),
    [
        ("locust.conf", "locustfile = theirs.py\n", ()),
        ("pyproject.toml", '[tool.locust]\nlocustfile = "theirs.py"\n', ()),
        ("ci.conf", "locustfile = theirs.py\n", ("--config", "ci.conf")),
    ],
)
def test_the_locustfile_of_locusts_own_settings_is_the_one_that_is_run(
    tmp_path: Path, file: str, text: str, options: tuple[str, ...]
) -> None:
    (tmp_path / file).write_text(text)
    (tmp_path / "theirs.py").write_text("\n1 / 0\n")
    done = jobload(tmp_path, "run", "--host", "http://127.0.0.1:9", *options)
    assert done.returncode == 2
    assert "theirs.py:2: ZeroDivisionError" in done.stderr


THEIR_INIT = """
import sys
from locust import User, events, task

@events.init.add_listener
def begin(**_):
    {does}

class Idle(User):
    @task
    def idle(self):
        pass
"""


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("raise RuntimeError('no vault')", "RuntimeError: no vault\n\nA listener raised"),
        ("sys.exit(1)", "theirs.py:7: SystemExit: 1\n"),
        ("sys.exit(0)", "theirs.py:7: SystemExit: 0\n"),
    ],
)
@pytest.mark.parametrize("mode", [(), ("--processes", "2")], ids=["local", "processes"])
def test_what_can_not_be_begun_is_no_fail_either(
    tmp_path: Path, does: str, said: str, mode: tuple[str, ...]
) -> None:
    """When Locust is there already, but nothing has been asked of the target."""
    (tmp_path / "theirs.py").write_text(THEIR_INIT.format(does=does))
    done = jobload(tmp_path, "run", "-f", "theirs.py", "--host", "http://127.0.0.1:9", *mode)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["run", "--host", "http://127.0.0.1:9", "--nope"], "jobload run"),
        (["run", "--host", "http://127.0.0.1:9", "--repeat", "x"], "jobload run"),
        (["run", "-f"], "jobload run"),
        (["init", "--nope"], "jobload init"),
        (["target", "--port", "x"], "jobload target"),
        (["history", "--last", "x"], "jobload history"),
    ],
)
def test_a_mistake_in_the_options_is_told_by_the_name_of_the_command(
    command: list[str], name: str, tmp_path: Path
) -> None:
    """And not by that of the module which it becomes."""
    done = jobload(tmp_path, *command)
    assert done.returncode == 2
    (mistake,) = (line for line in done.stderr.splitlines() if "error: " in line)
    assert mistake.startswith(f"{name}: error: ")


def test_python_knows_the_command_where_the_path_does_not(tmp_path: Path) -> None:
    asked: list[list[str | Path]] = [
        [JOBLOAD, "--version"],
        [sys.executable, "-m", "jobload", "--version"],
        [sys.executable, "-m", "jobload.cli", "--version"],
    ]
    one, *others = (
        subprocess.run(each, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        for each in asked
    )
    assert one.stdout
    for other in others:
        assert (other.returncode, other.stdout) == (one.returncode, one.stdout) == (0, one.stdout)


def test_ctrl_c_while_it_starts_ends_it_and_its_target_without_a_traceback(tmp_path: Path) -> None:
    with subprocess.Popen(
        [JOBLOAD, "run", "--scenario", "light"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        (target,) = wait_for(psutil.Process(run.pid).children)
        run.send_signal(signal.SIGINT)
        said, _ = run.communicate(timeout=60)
    assert run.returncode in (-signal.SIGINT, 130)
    assert said.startswith("jobload starts")
    assert "Traceback" not in said
    assert psutil.wait_procs([target], timeout=60)[1] == []


def wait_for(found: Callable[[], list[psutil.Process]]) -> list[psutil.Process]:
    until_s = monotonic() + 60
    while not (processes := found()):
        assert monotonic() < until_s
        sleep(0.01)
    return processes
