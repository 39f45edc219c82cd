"""A run whose terminal or reader goes away goes on, or ends in order, with reports."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from gevent import monkey

from e2e.load_test import LOCUST, LOCUSTFILE
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, Job, wait_until

RATE = 20
HOLD_S = 10
"""A process that hears nothing for three seconds pauses, and the first word comes after five."""
SCENARIO = steady(5, RATE, HOLD_S, 1)

PLANNED = HOLD_S * RATE


class Watched:
    """A run that writes to a pipe or a terminal, which the test reads until it goes away."""

    def __init__(self, folder: Path, url: str, writing: int, before: Callable[[], None]) -> None:
        self.results = folder / "results"
        plan = write_plan(folder, {"light": SCENARIO})
        command = [sys.executable, str(LOCUST), "-f", str(LOCUSTFILE), "--headless", *plan]
        command += ["--host", url, "--results", str(self.results)]
        self.process = subprocess.Popen(
            command,
            stdin=writing if os.isatty(writing) else subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            preexec_fn=before,
        )
        _close(writing)

    def result(self) -> Any:
        (file,) = self.results.glob("[0-9]*/result.json")
        return json.loads(file.read_text())

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def _read_until(reading: int, text: bytes) -> None:
    os.set_blocking(reading, False)
    said = bytearray()

    def has_said() -> bool:
        with suppress(BlockingIOError):
            said.extend(os.read(reading, 65536))
        return text in said

    wait_until(has_said, 30, f"it says {text!r}")


def _close(descriptor: int) -> None:
    """gevent's own waits for its loop."""
    monkey.get_original("os", "close")(descriptor)


def _offered(result: Any) -> int:
    (hold,) = [s for s in result["scenarios"][0]["stages"] if s["name"] == "hold"]
    offered: int = hold["offered"]
    return offered


def _without_a_reader(folder: Path) -> None:
    reading, writing = os.pipe()
    with running_server("fixed", latency_ms=5) as server:
        run = Watched(folder, server.url, writing, os.setsid)
        try:
            _read_until(reading, b"Scenario light")
            _close(reading)
            assert run.process.wait(60) in (0, 3)
            assert abs(_offered(run.result()) - PLANNED) <= 1
            assert run.result()["end"]["reason"] == "completed"
        finally:
            run.stop()


def _hangs_up(folder: Path, nohup: bool) -> None:
    leading, following = pty.openpty()

    def before() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup else signal.SIG_DFL)

    with running_server("fixed", latency_ms=5) as server:
        run = Watched(folder, server.url, following, before)
        try:
            _read_until(leading, b"Scenario light")
            _close(leading)
            code = run.process.wait(60)
            result = run.result()
            if nohup:
                assert result["end"]["reason"] == "completed"
                assert abs(_offered(result) - PLANNED) <= 1
                assert code in (0, 3)
            else:
                assert (code, result["status"]) == (129, "INVALID")
                assert result["end"]["reason"] == "sighup"
        finally:
            run.stop()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    """They assert by themselves."""
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "no reader": partial(_without_a_reader, folder / "no-reader"),
        "hung up": partial(_hangs_up, folder / "hung-up", nohup=False),
        "nohup": partial(_hangs_up, folder / "nohup", nohup=True),
    }
    with Background(jobs) as background:
        yield background


def test_without_a_reader_of_its_words_the_run_goes_on(runs: Background) -> None:
    runs["no reader"]


@pytest.mark.parametrize("how", ["hung up", "nohup"])
def test_a_terminal_that_hangs_up_ends_the_run_in_order_unless_nohup_says_otherwise(
    runs: Background, how: str
) -> None:
    runs[how]
