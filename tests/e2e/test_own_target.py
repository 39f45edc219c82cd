"""The stand-in target: what it counts itself, and that it ends with the run that started it."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from e2e.accounts import assert_accounts
from e2e.jobs_target import asked, durable_redis
from e2e.load_test import LoadTest, Mode, run_locust
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.processes import assert_all_gone, marked
from e2e.waiting import Background, Job, wait_until
from target_app.children import start_child, stop_child


@contextmanager
def _target(folder: Path) -> Iterator[str]:
    """Its URL. `jobload target` runs the same in the foreground."""
    folder.mkdir(parents=True, exist_ok=True)
    said = folder / "target.log"
    command = [sys.executable, "-m", "target_app.embedded", "--port", "0"]
    with said.open("wb") as output:
        process = start_child(command, output=output)
    try:
        wait_until(lambda: b'"url"' in said.read_bytes(), 30, "the target is ready")
        lines = said.read_text().splitlines()
        yield next(json.loads(line)["url"] for line in lines if line.startswith("{"))
    finally:
        stop_child(process, 30)


def _counted(folder: Path, mode: Mode) -> tuple[Outcome, Any, Any]:
    """The outcome, what the target has seen of the run, and what it holds."""
    options = write_plan(folder, {"light": steady(20, 60, 4, 1, payload_bytes=1024)})
    with _target(folder) as url:
        outcome = run_locust(folder, *options, host=url, mode=mode)
        seen = asked(url, f"/-/runs/{outcome.result['run_id']}")
        return outcome, seen, asked(url, "/-/stats")


def _on_own_redis(folder: Path) -> tuple[Outcome, set[bytes]]:
    """The keys that a run with the embedded target leaves in the Redis that it was given."""
    options = write_plan(folder, {"light": steady(5, 40, 2, 1)})
    with durable_redis() as store, store.client() as client:
        client.set("foreign", "x")
        environ = {"JOBLOAD_TARGET_REDIS_URL": store.url}
        outcome = run_locust(folder, *options, environ=environ)
        return outcome, set(client.scan_iter())


def _ended(folder: Path, number: signal.Signals) -> None:
    """A run with an embedded target, that is ended in its midst."""
    options = write_plan(folder, {"light": steady(10, 40, 60)})
    with LoadTest(folder, *options) as test:
        test.wait_for_console("Scenario light")
        started = [" ".join(process.cmdline()) for process in marked(test.mark)]
        assert any("target_app" in command for command in started)
        test.head.send_signal(number)
        test.head.wait(15)
        assert_all_gone(test.mark, within_s=10)


def _interrupted_at_its_start(folder: Path) -> Outcome:
    with LoadTest(folder) as test:
        wait_until(lambda: _runs_a_target(test.mark), 30, "the target is starting")
        test.interrupt(signal.SIGINT)
        return test.outcome(within_s=15)


def _runs_a_target(mark: str) -> bool:
    commands = [" ".join(process.cmdline()) for process in marked(mark)]
    return any("target_app.embedded" in command for command in commands)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "processes": partial(_counted, folder / "processes", "processes"),
        "local": partial(_counted, folder / "local", "local"),
        "own-redis": partial(_on_own_redis, folder / "own-redis"),
        "at-its-start": partial(_interrupted_at_its_start, folder / "at-its-start"),
        "SIGKILL": partial(_ended, folder / "kill", signal.SIGKILL),
        "SIGTERM": partial(_ended, folder / "term", signal.SIGTERM),
    }
    with Background(jobs) as background:
        yield background


@pytest.mark.parametrize("mode", ["local", "processes"])
def test_the_target_holds_as_many_jobs_as_operations_succeeded(
    runs: Background, mode: Mode
) -> None:
    outcome, seen, stored = runs[mode]
    outcome.assert_passed_or_late()
    assert_accounts(outcome)
    assert seen["jobs"] == stored["jobs"] == outcome.sum("succeeded") > 0
    assert seen["requests"] == outcome.sum("attempts")


def test_a_signal_while_the_target_starts_ends_both(runs: Background) -> None:
    outcome = runs["at-its-start"]
    assert outcome.exit_code == 130
    assert "Traceback" not in outcome.console


def test_a_run_leaves_no_job_in_a_redis_of_the_users_own(runs: Background) -> None:
    outcome, keys = runs["own-redis"]
    outcome.assert_passed_or_late()
    assert outcome.sum("succeeded") > 0
    assert keys == {b"foreign", b"jobload:target:clock"}


@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_the_embedded_target_ends_with_the_run(runs: Background, number: str) -> None:
    runs[number]  # it asserts by itself
