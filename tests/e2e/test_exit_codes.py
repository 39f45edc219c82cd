"""Issue 2: what each kind of target and command line comes to."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from e2e.accounts import assert_accounts, differences
from e2e.load_test import run_locust
from e2e.outcome import Outcome
from e2e.plan_files import ramp, steady, write_plan
from e2e.truth_server import closed_port, running_server
from e2e.waiting import Background, Job

LATENCY_MS = 50
QUICK = steady(5, None, 3, 1)
LIMITS = [{"metric": "throughput", "expect": ">= 1/s", "stage": "hold"}]
"""A closed model: no busy machine can make its arrivals late, which would invalidate the run."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    refused = f"http://127.0.0.1:{closed_port()}"
    jobs: dict[str, Job] = {
        "refuses": partial(_quick, folder / "refuses", refused),
        "silent": partial(_silent, folder / "silent"),
        "always-500": partial(_against, folder / "500", "fixed", status=500, latency_ms=LATENCY_MS),
        "hangs": partial(_hangs, folder / "hangs"),
        "fails-first": partial(_against, folder / "fails-first", "fails-first", failures=2),
        "SMALL": partial(_trimmed_suite, folder / "small"),
        "closed": partial(_profile_of_heavy, folder / "closed"),
    }
    with Background(jobs) as background:
        yield background


def _quick(folder: Path, host: str, *options: str) -> Outcome:
    plan = write_plan(folder, {"light": QUICK}, {"light": LIMITS})
    return run_locust(folder, *plan, *options, host=host)


def _against(folder: Path, behaviour: str, **settings: Any) -> tuple[Outcome, dict[str, Any]]:
    with running_server(behaviour, **settings) as server:
        return _quick(folder, server.url), server.facts()


def _silent(folder: Path) -> tuple[Outcome, dict[str, Any]]:
    with running_server("silent") as server:
        return _quick(folder, server.url, "--ready", "/healthz"), server.facts()


def _hangs(folder: Path) -> Outcome:
    scenario = steady(10, None, 3, 1, timeout="1s", retries=0)
    with running_server("silent") as server:
        return run_locust(folder, *write_plan(folder, {"light": scenario}), host=server.url)


def _trimmed_suite(folder: Path) -> Outcome:
    scenarios = {"light": ramp(5, None, 1, 3), "spike": steady(5, None, 2, 1)}
    options = write_plan(folder, scenarios, suites={"small": ["light", "spike"]})
    with running_server("fixed", latency_ms=LATENCY_MS) as server:
        return run_locust(folder, *options, "--suite", " SMALL ", host=server.url)


def _profile_of_heavy(folder: Path) -> Outcome:
    """The scenario that ships, but for its length, against the embedded target."""
    short = ("--set", "duration=2s", "--set", "ramp_up=1s", "--set", "users=10")
    return run_locust(folder, "--scenario", "heavy", "--profile-only", "--no-rate", *short)


def test_an_unknown_suite_ends_at_once_and_names_the_known_ones(tmp_path: Path) -> None:
    outcome = run_locust(tmp_path, "--suite", "nosuch")
    assert outcome.exit_code == 2
    assert outcome.took_s < 5  # under 2 s when nothing else runs on the machine
    assert all(f"{name}" in outcome.console for name in ("nosuch", "small", "medium", "full"))
    assert not outcome.results


def test_a_target_that_refuses_connections_is_no_pass(runs: Background) -> None:
    outcome = runs["refuses"]
    outcome.assert_came_to(3, "INVALID")
    assert 9.5 < outcome.took_s < 17
    assert "gave no answer to GET / within 10 s" in " ".join(outcome.console.split())
    assert "PASS" not in outcome.console.replace("no PASS", "")


def test_a_target_that_never_says_it_is_ready_gets_no_load(runs: Background) -> None:
    outcome, facts = runs["silent"]
    outcome.assert_came_to(3, "INVALID")
    assert [*facts["requests"]] == ["GET /healthz"]
    assert "was not ready (GET /healthz) within 10 s" in " ".join(outcome.console.split())


def test_a_target_that_answers_500_fails(runs: Background) -> None:
    outcome, facts = runs["always-500"]
    outcome.assert_came_to(1, "FAIL")
    assert outcome.sum("failed") == outcome.sum("started") > 0
    assert_accounts(outcome, facts)
    assert outcome.sum("attempts") == 4 * outcome.sum("started")


def test_a_target_that_takes_connections_and_hangs_fails_by_its_timeouts(
    runs: Background,
) -> None:
    outcome = runs["hangs"]
    outcome.assert_came_to(1, "FAIL")
    hold = outcome.stage()
    assert hold["failed"] == hold["started"] > 0
    assert [error["kind"] for error in hold["errors"]] == ["timeout"]
    assert_accounts(outcome)


def test_retried_operations_count_once_and_their_attempts_as_often_as_the_server_saw_them(
    runs: Background,
) -> None:
    outcome, facts = runs["fails-first"]
    outcome.assert_came_to(0, "PASS")
    assert outcome.sum("retries") == 2 * outcome.sum("started") > 0
    assert facts["attempts_of_an_operation"] == [3]
    assert_accounts(outcome, facts)
    assert outcome.stage()["response_time_ms"]["min"] >= 300  # both pauses, of 100 and 200 ms


def test_the_name_of_a_suite_is_trimmed_and_lowered(runs: Background) -> None:
    outcome = runs["SMALL"]
    outcome.assert_came_to(0, "PASS")
    assert [s["name"] for s in outcome.result["scenarios"]] == ["light", "spike"]


def test_a_profile_of_the_closed_model_judges_nothing(runs: Background) -> None:
    outcome = runs["closed"]
    outcome.assert_came_to(0, "PROFILED")
    hold = outcome.stage()
    assert (hold["rate"], hold["missed"]) == (None, 0)
    assert hold["throughput_rps"] > 500
    assert outcome.scenario("heavy")["checks"] == []
    assert not differences(outcome.result)
