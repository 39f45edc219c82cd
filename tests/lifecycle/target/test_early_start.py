import subprocess
import sys
import tempfile
from contextlib import suppress
from errno import ENOENT

import psutil
import pytest

from jobload.lifecycle.files import find_locustfile
from jobload.lifecycle.target.early_start import is_likely_wanted, start_early
from jobload.lifecycle.target.embedded import EmbeddedTarget, TargetError

pytestmark = pytest.mark.processes

OWN = ["-f", str(find_locustfile())]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--suite", "small"],
        ["--headless", *OWN],
        ["--headless", *OWN, "--scenario", "light", "--set", "users=5", "--processes", "2"],
    ],
)
def test_a_run_that_names_no_host_will_want_the_embedded_target(arguments: list[str]) -> None:
    assert is_likely_wanted(arguments, {})


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "http://127.0.0.1:8000"],
        ["--host=http://127.0.0.1:8000"],
        ["-Hhttp://127.0.0.1:8000"],
        ["--worker"],
        ["--master"],
        ["-f", "theirs.py"],
        ["--locustfile=theirs.py"],
        ["--headless", *OWN, "-f", "theirs.py"],
    ],
)
def test_a_run_that_may_aim_elsewhere_is_waited_for(arguments: list[str]) -> None:
    assert not is_likely_wanted(arguments, {})


@pytest.mark.parametrize("name", ["LOCUST_HOST", "LOCUST_MODE_WORKER", "LOCUST_LOCUSTFILE"])
def test_so_is_one_whose_environment_says_so(name: str) -> None:
    assert not is_likely_wanted([], {name: "1"})


STARTS_AND_FORKS = """
import os, signal, time
from jobload.lifecycle.target.early_start import start_early
target = start_early([], {})
if not (worker := os.fork()):
    target.stop()
    os.close(1)
    time.sleep(60)
time.sleep(0.5)
print(target._process.pid, worker, target._process.poll(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_worker_that_was_forked_neither_ends_the_target_nor_holds_it() -> None:
    """Whoever started it does, however that ends."""
    done = subprocess.run(
        [sys.executable, "-c", STARTS_AND_FORKS], stdout=subprocess.PIPE, text=True, timeout=60
    )
    target, worker, ended = done.stdout.split()
    try:
        assert ended == "None"
        with suppress(psutil.NoSuchProcess):
            psutil.Process(int(target)).wait(timeout=60)
        assert psutil.Process(int(worker)).is_running()
    finally:
        psutil.Process(int(worker)).kill()


def test_one_that_can_t_be_started_yet_is_told_when_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not here, where a traceback and exit code 1 would read as FAIL."""

    def refused() -> None:
        raise FileNotFoundError(ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    assert start_early([], {}) is None
    with pytest.raises(TargetError, match="did not start: No usable temporary directory found"):
        EmbeddedTarget()
