"""The audit and the completion of jobs, with the real target and real Locust."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from e2e.accounts import assert_accounts
from e2e.jobs_target import JobsTarget, asked, jobs_target
from e2e.load_test import ROOT, LoadTest, run_locust
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import closed_port, running_server
from e2e.waiting import Background, Job, wait_until

EXAMPLE = ROOT / "examples/follow-jobs"
OPERATIONS = "jobload:target:run:{}:operations"


@pytest.fixture(scope="module")
def target() -> Iterator[JobsTarget]:
    with jobs_target() as target:
        yield target


@pytest.fixture(scope="module")
def runs(target: JobsTarget, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "example": partial(_example, folder / "example"),
        "abandoned": partial(_abandoned, folder / "abandoned", target),
        "lost": partial(_lost, folder / "lost", target),
        "asked for": partial(_without_endpoint, folder / "asked", audit=True),
        "not asked for": partial(_without_endpoint, folder / "not-asked"),
        "web": partial(_in_the_web_ui, folder / "web"),
    }
    with Background(jobs) as background:
        yield background


def _example(folder: Path) -> Outcome:
    files = [f"--{name}={EXAMPLE / name}.yaml" for name in ("scenarios", "thresholds")]
    short = [f"--set={field}" for field in ("duration=5s", "ramp_up=1s", "rate=90")]
    return run_locust(folder, *files, *short, "--scenario", "follow")


def test_the_example_follows_every_job_to_its_end(runs: Background) -> None:
    outcome: Outcome = runs["example"]
    outcome.assert_passed_or_late()
    assert_accounts(outcome)
    (scenario,) = outcome.result["scenarios"]
    succeeded = outcome.sum("succeeded")
    jobs = [stage["completion"] for stage in scenario["stages"]]
    assert sum(j["followed"] for j in jobs) == succeeded > 0
    assert sum(j["succeeded"] for j in jobs) == succeeded
    assert all(j["polls"] >= j["followed"] for j in jobs)
    hold = outcome.stage()
    assert hold["completion"]["time_ms"]["min"] > 20 > hold["response_time_ms"]["min"]
    assert {check["metric"]: check["status"] for check in scenario["checks"]} == {
        "error_rate": "PASS",
        "p99": "PASS",
        "completion_p95": "PASS",
        "completion_max": "PASS",
        "abandoned": "PASS",
        "missed": "PASS",
    }
    audit = scenario["audit"]
    assert (audit["status"], audit["acknowledged"], audit["stored"]) == (
        "PASS",
        succeeded,
        succeeded,
    )


def _abandoned(folder: Path, target: JobsTarget) -> Outcome:
    plan = {"light": steady(20, 10, 3, users_mix={"JobFollower": 1}, completion_timeout="500ms")}
    checks = {"light": [{"metric": "abandoned", "expect": "<= 99%"}]}
    return run_locust(folder, *write_plan(folder, plan, checks), host=target.url)


def test_jobs_that_nobody_works_on_are_abandoned(runs: Background) -> None:
    outcome: Outcome = runs["abandoned"]
    outcome.assert_came_to(1, "FAIL")
    jobs = outcome.stage()["completion"]
    assert jobs["abandoned"] == jobs["followed"] == outcome.stage()["succeeded"] == 30
    assert "light: abandoned 100 %, expected <= 99%" in outcome.console


def _lost(folder: Path, target: JobsTarget) -> tuple[Outcome, int]:
    """And how many jobs the target has."""
    options = write_plan(folder, {"light": steady(10, 50, 4, audit=True)})
    with LoadTest(folder, *options, host=target.url) as test, target.redis.client() as database:
        test.wait_for_console("Run ")
        run_id = re.search(r"Run (\S+) against", test.console)
        assert run_id is not None
        operations = OPERATIONS.format(run_id[1])
        wait_until(lambda: database.llen(operations) > 20, 30, "operations are stored")
        database.lpop(operations, 3)
        return test.outcome(60), target.ask(f"/-/runs/{run_id[1]}")["jobs"]


def test_what_the_target_has_lost_fails_the_run(runs: Background) -> None:
    outcome, jobs = runs["lost"]
    outcome.assert_came_to(1, "FAIL")
    audit = outcome.scenario("light")["audit"]
    assert (audit["lost"], audit["duplicated"]) == (3, 0)
    assert audit["acknowledged"] == outcome.sum("succeeded") == audit["stored"] + 3
    assert len(audit["examples"]) == 3
    assert jobs == audit["stored"]  # nothing was removed


def _without_endpoint(folder: Path, **fields: bool) -> Outcome:
    options = write_plan(folder, {"light": steady(10, 20, 2, **fields)})
    with running_server("fixed", latency_ms=5) as server:
        return run_locust(folder, *options, host=server.url)


@pytest.mark.parametrize(
    ("asked_for", "exit_code", "status", "of_audit"),
    [(True, 3, "INVALID", "INSUFFICIENT"), (None, 0, "PASS", None)],
    ids=["asked for", "not asked for"],
)
def test_a_target_without_an_audit_endpoint(
    runs: Background, asked_for: bool | None, exit_code: int, status: str, of_audit: str | None
) -> None:
    outcome: Outcome = runs["asked for" if asked_for else "not asked for"]
    outcome.assert_came_to(exit_code, status)
    audit = outcome.scenario("light")["audit"]
    assert (audit and audit["status"]) == of_audit
    if asked_for:
        flat = " ".join(outcome.console.split())
        assert "audit: could not be made: the target answered the audit with status" in flat


def _in_the_web_ui(folder: Path) -> None:
    options = write_plan(folder, {"light": steady(5, 30, 2, 1)})
    web = ["--autostart", "--web-port", str(closed_port())]
    with LoadTest(folder, *options, *web, headless=False) as test:
        wait_until(lambda: len(test.written()) == 1, 60, "the run has its result")
        (result,) = test.written()
        audit = result["scenarios"][0]["audit"]
        assert (audit["status"], audit["stored"]) == ("PASS", audit["acknowledged"])
        run_id = result["run_id"]

        def is_forgotten() -> bool:
            return bool(asked(result["host"], f"/-/runs/{run_id}")["jobs"] == 0)

        wait_until(is_forgotten, 10, "its jobs are gone")
        assert asked(result["host"], "/-/stats")["jobs"] == 0


def test_runs_of_the_web_ui_leave_nothing_in_the_embedded_target(runs: Background) -> None:
    runs["web"]  # it asserts by itself
