"""A check with `abort` that is breached ends its scenario, or the run, in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from e2e.accounts import assert_accounts
from e2e.load_test import Mode, run_locust
from e2e.outcome import Outcome
from e2e.plan_files import Fields, steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, Job

BREAKS_AFTER_S = 4.0
"""From the first job on: after the warm-up of 1 s and 3 s of the hold."""
HOLD_S = 40


def errors(abort: str | bool) -> Fields:
    return {"metric": "error_rate", "expect": "<= 5%", "window": "1s", "for": "2s", "abort": abort}


@dataclass(frozen=True)
class Aborted:
    outcome: Outcome
    facts: dict[str, Any]

    @property
    def names(self) -> list[str]:
        return [scenario["name"] for scenario in self.outcome.result["scenarios"]]


def _run(folder: Path, abort: str | bool, mode: Mode = "local") -> Aborted:
    """Two scenarios, the first of which would last 41 s. Without a rate, so that a busy machine
    can't make them late, which would be INVALID."""
    scenarios = {
        "light": steady(5, None, HOLD_S, 1),
        "spike": steady(5, None, 2, 1),
    }
    checks = {"light": [errors(abort)], "spike": [{"metric": "error_rate", "expect": "<= 100%"}]}
    options = write_plan(folder, scenarios, checks, suites={"small": ["light", "spike"]})
    with running_server("breaks", after_s=BREAKS_AFTER_S, latency_ms=20) as server:
        outcome = run_locust(folder, *options, "--suite", "small", host=server.url, mode=mode)
        return Aborted(outcome, server.facts())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("aborts")
    jobs: dict[str, Job] = {
        "scenario": partial(_run, folder / "scenario", True),
        "run": partial(_run, folder / "run", "run"),
        "processes": partial(_run, folder / "processes", "run", "processes"),
    }
    with Background(jobs) as background:
        yield background


@pytest.mark.parametrize("name", ["scenario", "run", "processes"])
def test_a_breach_that_ends_the_load_is_a_failure_and_says_so(runs: Background, name: str) -> None:
    outcome = runs[name].outcome
    outcome.assert_came_to(1, "FAIL"), outcome.console
    light = outcome.scenario("light")
    assert light["status"] == "FAIL"
    assert light["ended_early"].startswith("error_rate 100 %, expected <= 5%")
    statuses = {check["metric"]: check["status"] for check in light["checks"]}
    assert statuses == {"error_rate": "FAIL", "missed": "PASS"}
    assert not outcome.complaints


@pytest.mark.parametrize("name", ["scenario", "run", "processes"])
def test_it_ends_within_seconds_of_the_breach(runs: Background, name: str) -> None:
    """The target breaks in the hold's fourth second; two windows, the word of all, one pulse."""
    hold = runs[name].outcome.stage(scenario="light")
    assert 4 < hold["duration_s"] < 9


@pytest.mark.parametrize("name", ["scenario", "run", "processes"])
def test_every_operation_of_an_ended_scenario_is_accounted_for(runs: Background, name: str) -> None:
    assert_accounts(runs[name].outcome, runs[name].facts)
    assert runs[name].outcome.sum("censored") == 0


def test_the_next_scenario_runs_all_the_same(runs: Background) -> None:
    outcome = runs["scenario"].outcome
    assert runs["scenario"].names == ["light", "spike"]
    assert outcome.result["end"]["reason"] == "completed"
    assert outcome.stage(scenario="spike")["started"] > 0


@pytest.mark.parametrize("name", ["run", "processes"])
def test_the_run_ends_with_the_scenario_when_the_check_says_run(
    runs: Background, name: str
) -> None:
    assert runs[name].names == ["light"]
    end = runs[name].outcome.result["end"]
    assert end["reason"] == "aborted"
    assert end["detail"].startswith("light: error_rate 100 %")
