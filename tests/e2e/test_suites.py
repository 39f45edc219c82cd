"""Between the scenarios of a suite there is as much as it takes to stop users and start others."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from e2e.accounts import assert_accounts
from e2e.load_test import Mode, run_locust
from e2e.outcome import Outcome
from e2e.plan_files import Fields, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, Job

pytestmark = pytest.mark.timed

RATE, LENGTH_S = 50, 1.0
USERS = {"light": 1, "spike": 4, "heavy": 1}
MODES: tuple[Mode, ...] = ("local", "workers")


@dataclass(frozen=True)
class Seen:
    outcome: Outcome
    facts: dict[str, Any]
    arrivals_s: list[list[float]]
    """Of each scenario."""


def _short(name: str) -> Fields:
    """With a place of its own, by which the server tells one scenario from the other."""
    stages = [{"name": "hold", "duration": f"{LENGTH_S}s", "users": USERS[name], "rate": RATE}]
    return {"shape": "staged", "stages": stages, "payload_bytes": 256, "endpoint": f"/{name}"}


def _run(folder: Path, mode: Mode) -> Seen:
    """Users of one and of four, since Locust acts only on ticks that differ from the last."""
    scenarios = {name: _short(name) for name in USERS}
    options = write_plan(folder, scenarios, suites={"small": list(USERS)})
    with running_server("fixed", latency_ms=2) as server:
        outcome = run_locust(folder, *options, "--suite", "small", host=server.url, mode=mode)
        arrivals_s = [server.arrivals_s(f"POST /{name}") for name in USERS]
        return Seen(outcome, server.facts(), arrivals_s)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("suites")
    jobs: dict[str, Job] = {mode: partial(_run, folder / mode, mode) for mode in MODES}
    with Background(jobs) as background:
        yield background


@pytest.mark.parametrize("mode", MODES)
def test_scenarios_of_a_second_follow_within_a_second(runs: Background, mode: Mode) -> None:
    seen: Seen = runs[mode]
    for before_s, after_s in pairwise(seen.arrivals_s):
        assert 0 < after_s[0] - before_s[-1] < 1.0


@pytest.mark.parametrize("mode", MODES)
def test_each_operation_counts_in_its_own_scenario(runs: Background, mode: Mode) -> None:
    seen: Seen = runs[mode]
    assert_accounts(seen.outcome, seen.facts)
    told = [s["stages"][0]["started"] for s in seen.outcome.result["scenarios"]]
    came = [len(arrivals_s) for arrivals_s in seen.arrivals_s]
    assert told == came
    assert all(count == pytest.approx(RATE * LENGTH_S, abs=3) for count in came)
