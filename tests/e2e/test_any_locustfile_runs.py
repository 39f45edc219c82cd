"""Anybody's locustfile, unmodified, in each way that it can be run."""

import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from e2e.any_locustfile import ANYBODY, operations_by_name, requests_by_name, run_file
from e2e.load_test import JOBLOAD, LOCUST, LoadTest, Mode, run_locust
from e2e.outcome import Outcome
from e2e.plan_files import Fields, ramp, steady, write_plan
from e2e.test_web_ui import Page
from e2e.truth_server import closed_port, running_server
from e2e.waiting import Background, Job

SHORT: Fields = steady(4, None, 3, 1)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "killed": partial(_one_killed, folder / "killed"),
        "hosts local": partial(_on_two_hosts, folder / "local", mode="local"),
        "hosts processes": partial(_on_two_hosts, folder / "processes", mode="processes"),
        "hostless": partial(_hostless, folder / "hostless"),
        "without limits": partial(_without_limits, folder / "limits"),
        "own scenarios": partial(_with_scenarios_of_its_own, folder / "scenarios"),
        "installed": partial(_by_locust, folder / "installed"),
        "picked": partial(_picked, folder / "picked"),
    }
    with Background(jobs) as background:
        yield background


def _on_two_hosts(folder: Path, mode: Mode) -> tuple[Outcome, list[str], list[Any]]:
    """With the addresses, and what was asked there."""
    options = write_plan(folder, {"light": SHORT})
    with running_server("fixed", status=200) as one, running_server("fixed", status=200) as two:
        hosts = {"E2E_HOSTS": f"{one.url} {two.url}"}
        outcome = run_file(folder, "two_hosts.py", *options, mode=mode, environ=hosts)
        return outcome, [one.url, two.url], [of.facts()["requests"] for of in (one, two)]


@pytest.mark.parametrize("mode", ["local", "processes"])
def test_each_class_goes_to_the_host_it_names(runs: Background, mode: Mode) -> None:
    outcome, urls, (one, two) = runs[f"hosts {mode}"]
    outcome.assert_came_to(0, "PASS")
    requests = requests_by_name(outcome)
    assert one == {"GET /first": requests["GET /first"]}
    assert two == {
        "GET /absolute": requests["GET elsewhere"],
        "GET /second": requests["GET /second"],
    }
    assert outcome.result["host"] == ", ".join(urls)


def _hostless(folder: Path) -> Outcome:
    return run_file(folder, "hostless.py", *write_plan(folder, {"light": SHORT}))


def test_a_file_that_names_no_host_meets_the_embedded_target(runs: Background) -> None:
    outcome: Outcome = runs["hostless"]
    outcome.assert_came_to(0, "PASS")
    assert set(requests_by_name(outcome)) == {"POST /api/v1/jobs"}


def _without_limits(folder: Path) -> Outcome:
    folder.mkdir()
    with running_server("fixed", latency_ms=300, status=200) as server:
        options = ["--scenario", "light", "--set", "duration=6s", "--set", "ramp_up=1s"]
        return run_file(folder, "shop.py", *options, "--set", "rate=5", host=server.url)


def test_without_limits_of_its_own_only_the_implied_checks_hold(runs: Background) -> None:
    """Neither scenarios nor thresholds of ours speak of users that are not ours."""
    outcome: Outcome = runs["without limits"]
    outcome.assert_passed_or_late()
    assert "only the implied checks hold" in outcome.console
    ids = [check["id"] for check in outcome.scenario("light")["checks"]]
    assert ids == ["light/error_rate", "light/missed", "light/request_error_rate"]


def _with_scenarios_of_its_own(folder: Path) -> Outcome:
    """As they lie in somebody's folder."""
    write_plan(folder, {"mine": ramp(4, 20, 1, 4)})
    (folder / "thresholds.yaml").unlink()
    options = ["--scenario", "mine", "--scenarios", str(folder / "scenarios.yaml")]
    with running_server("fixed", status=200) as server:
        return run_file(folder, "shop.py", *options, host=server.url)


def test_scenarios_of_ones_own_do_not_meet_limits_of_ours(runs: Background) -> None:
    runs["own scenarios"].assert_passed_or_late()


def _installed(folder: Path, name: str = "shop.py") -> Path:
    """With jobload named at its end."""
    file = folder / "installed.py"
    installing = "from locust import events\nfrom jobload import install\ninstall(events)\n"
    file.write_text(f"{(ANYBODY / name).read_text()}\n\n{installing}")
    return file


def _by_locust(folder: Path) -> tuple[Outcome, int]:
    options = write_plan(folder, {"light": SHORT})
    file = _installed(folder)
    with running_server("fixed", status=200) as server:
        outcome = run_locust(
            folder, *options, host=server.url, locustfile=file, program=[str(LOCUST)]
        )
        return outcome, server.requests("GET /items")


def test_a_file_that_installs_jobload_by_itself_is_run_by_locust(runs: Background) -> None:
    outcome, requests = runs["installed"]
    outcome.assert_came_to(0, "PASS")
    assert requests_by_name(outcome)["GET /items"] == requests


def _picked(folder: Path) -> tuple[Outcome, Any, Any]:
    port = str(closed_port())
    options = [*write_plan(folder, {"light": SHORT}), "--web-port", port, "--class-picker"]
    file = _installed(folder, "mixed.py")
    with (
        running_server("fixed", status=200) as server,
        LoadTest(folder, *options, host=server.url, locustfile=file, headless=False) as test,
    ):
        page = Page(test, int(port))
        page.start("light", user_classes="Writer")
        (result,) = page.wait_for_results(1)
        page.wait_for_state("stopped")
        test.interrupt(signal.SIGINT)
        return test.outcome(within_s=20), result, server.facts()["requests"]


def test_in_the_web_ui_users_can_be_picked(runs: Background) -> None:
    outcome, result, requests = runs["picked"]
    assert result["status"] == "PASS"
    assert operations_by_name(outcome) == {"Writer.read": requests["GET /writer"]}
    assert "GET /admin" not in requests


def _one_killed(folder: Path) -> Outcome:
    options = write_plan(folder, {"light": steady(4, 40, 8, 1)})
    program = [str(JOBLOAD), "run"]
    file = ANYBODY / "paced.py"
    with (
        running_server("fixed", status=200) as server,
        LoadTest(
            folder, *options, host=server.url, mode="workers", locustfile=file, program=program
        ) as test,
    ):
        server.wait_for_requests(60, place="GET /items")
        test.workers[0].kill()
        return test.outcome(within_s=60)


def test_one_of_two_workers_killed_is_no_pass(runs: Background) -> None:
    outcome: Outcome = runs["killed"]
    outcome.assert_came_to(3, "INVALID")
    assert "workers-complete" in outcome.complaints
