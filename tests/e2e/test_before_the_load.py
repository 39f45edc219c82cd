"""What can't work is found before any load, and what fails only at the end leaves no pass."""

import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from e2e.load_test import JOBLOAD, LOCUST, LOCUSTFILE, LOCUSTFILES, LoadTest, run_locust
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import TruthServer, closed_port, running_server
from e2e.waiting import Background, Job, wait_until

QUICK = steady(5, None, 3, 1)
WITHOUT_CAPABILITIES = ["setpriv", "--bounding-set", "-sys_resource", "--inh-caps", "-sys_resource"]
"""Root may raise any limit, and Locust does."""


def _on_a_file(folder: Path, url: str) -> Outcome:
    folder.mkdir()
    (folder / "results").write_text("not a folder")
    return run_locust(folder, *write_plan(folder, {"light": QUICK}), host=url)


def _folder_goes(folder: Path, url: str) -> Outcome:
    with LoadTest(folder, *write_plan(folder, {"light": QUICK}), host=url) as test:
        test.wait_for_console("Scenario light")
        test.results.write_text("in the way")
        return test.outcome(60)


def _short_of_workers(folder: Path, url: str, came: int) -> Outcome:
    plan = write_plan(folder, {"light": QUICK})
    patience = ("--expect-workers-max-wait", "3")
    more: dict[str, Any] = {"mode": "workers", "workers": came, "expect_workers": 2}
    return run_locust(folder, *plan, *patience, host=url, **more)


def _one_killed_before_it_came(folder: Path, url: str) -> Outcome:
    plan = write_plan(folder, {"light": QUICK})
    patience = ("--expect-workers-max-wait", "5")
    with LoadTest(folder, *plan, *patience, host=url, mode="processes") as test:
        wait_until(lambda: len(test.forked_workers()) == 2, 30, "its workers are there")
        os.kill(test.forked_workers()[-1], signal.SIGKILL)  # which has had the least time to come
        return test.outcome(60)


def _short_of_workers_in_web_ui(folder: Path, url: str) -> Outcome:
    plan = write_plan(folder, {"light": QUICK})
    options = ["--web-port", str(closed_port()), "--autostart", "--expect-workers-max-wait", "3"]
    more: dict[str, Any] = {"mode": "workers", "workers": 1, "expect_workers": 2}
    return run_locust(folder, *plan, *options, host=url, headless=False, **more)


def _short_of_workers_in_jobload_run(folder: Path, url: str) -> Outcome:
    plan = [*write_plan(folder, {"light": QUICK}), "--expect-workers-max-wait", "3"]
    more: dict[str, Any] = {"mode": "workers", "workers": 0, "expect_workers": 2}
    program = [str(JOBLOAD), "run"]
    return run_locust(folder, *plan, host=url, program=program, **more)


def _quits(folder: Path, url: str) -> Outcome:
    plan = write_plan(folder, {"light": QUICK})
    file = LOCUSTFILES / "quitting.py"
    return run_locust(
        folder, *plan, host=url, mode="workers", workers=0, expect_workers=1, locustfile=file
    )


def _told_to_end_in_init(folder: Path, url: str) -> Outcome:
    with LoadTest(
        folder,
        *write_plan(folder, {"light": QUICK}),
        host=url,
        locustfile=LOCUSTFILES / "waiting.py",
        program=[str(JOBLOAD), "run"],
        environ={"E2E_EVENT": "init"},
    ) as test:
        test.wait_for_console("waits")
        test.interrupt(signal.SIGTERM)
        return test.outcome(60)


def _many_users(folder: Path, url: str) -> Outcome:
    scenario = {"shape": "ramp", "users": 300, "duration": "3s"}
    return run_locust(folder, *write_plan(folder, {"light": scenario}), host=url)


@pytest.fixture(scope="module")
def server() -> Iterator[TruthServer]:
    with running_server("fixed", latency_ms=20) as server:
        yield server


@pytest.fixture(scope="module")
def runs(server: TruthServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder, url = tmp_path_factory.mktemp("runs"), server.url
    jobs: dict[str, Job] = {
        "file": partial(_on_a_file, folder / "file", url),
        "goes": partial(_folder_goes, folder / "goes", url),
        "none": partial(_short_of_workers, folder / "none", url, 0),
        "one": partial(_short_of_workers, folder / "one", url, 1),
        "killed": partial(_one_killed_before_it_came, folder / "killed", url),
        "web UI": partial(_short_of_workers_in_web_ui, folder / "web", url),
        "jobload run": partial(_short_of_workers_in_jobload_run, folder / "jobload-run", url),
        "quits": partial(_quits, folder / "quits", url),
        "in init": partial(_told_to_end_in_init, folder / "in-init", url),
        "many": partial(_many_users, folder / "many", url),
    }
    with Background(jobs, at_once=2) as background:
        yield background


def test_results_that_name_a_file_are_told_before_any_load(runs: Background) -> None:
    outcome = runs["file"]
    assert outcome.exit_code == 2
    assert re.search(r"--results \S+: no reports could be written to", outcome.console)
    assert not outcome.results


def test_when_the_folder_fails_at_the_end_the_result_is_elsewhere_and_no_pass(
    runs: Background,
) -> None:
    outcome = runs["goes"]
    assert outcome.exit_code == 3
    assert "Verdict: PASS" in outcome.console
    found = re.search(r"Its result.json is in (\S+);", outcome.console)
    assert found is not None
    folder = Path(found[1])
    assert '"status": "PASS"' in (folder / "result.json").read_text()
    (folder / "result.json").unlink()
    folder.rmdir()


@pytest.mark.parametrize(
    ("name", "came"), [("none", 0), ("one", 1), ("web UI", 1), ("jobload run", 0)]
)
def test_too_few_workers_are_no_breach_of_a_check(runs: Background, name: str, came: int) -> None:
    outcome = runs[name]
    outcome.assert_came_to(3, "INVALID")
    assert f"{came} of 2 workers came within 3 s" in outcome.complaints["completed"]
    assert outcome.result["end"]["reason"] == "no-workers"
    assert f"{came} of 2 workers came" in " ".join(outcome.console.split())
    assert (outcome.folder / outcome.result["run_id"] / "junit.xml").exists()
    assert "Traceback" not in outcome.console


def test_a_worker_that_died_before_it_came_is_not_waited_for_without_end(runs: Background) -> None:
    outcome = runs["killed"]
    outcome.assert_came_to(3, "INVALID")
    assert "1 of 2 workers came within 5 s" in outcome.complaints["completed"]


def test_a_master_that_is_told_to_quit_before_the_run_does_not_wait_on(runs: Background) -> None:
    outcome = runs["quits"]
    outcome.assert_came_to(3, "INVALID")
    assert "quit() was called before the run began" in outcome.complaints["completed"]


def test_a_signal_while_a_listener_of_init_waits_is_no_mistake_of_its_file(
    runs: Background,
) -> None:
    assert runs["in init"].exit_code == 128 + signal.SIGTERM


def test_a_ramp_of_any_steepness_is_no_warning(runs: Background) -> None:
    outcome = runs["many"]
    assert outcome.sum("started") > 0
    assert "spawn rate" not in outcome.console


def test_too_few_descriptors_for_the_users_are_told_before_any_load(
    tmp_path: Path, server: TruthServer
) -> None:
    plan = write_plan(tmp_path, {"light": steady(500, None, 2, 1)})
    before = server.requests()
    command = [sys.executable, str(LOCUST), "-f", str(LOCUSTFILE), "--headless", *plan]
    command += ["--host", server.url, "--results", str(tmp_path / "results")]
    done = subprocess.run(
        [*WITHOUT_CAPABILITIES, *command],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    sentence = "500 users need about 520 descriptors, this process has 256: ulimit -n 520"
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert server.requests() == before
