"""Anybody's locustfile, unmodified: measured and judged as ours are."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from e2e.any_locustfile import operations_by_name, requests_by_name, run_file
from e2e.load_test import Mode
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, Job

SLOW_MS = 1049
"""Locust's own percentiles keep two digits of it: 1000."""
USERS = 90


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "slow local": partial(_slow, folder / "slow-local", "local"),
        "slow processes": partial(_slow, folder / "slow-processes", "processes"),
    }
    with Background(jobs) as background:
        yield background


def _slow(folder: Path, mode: Mode) -> tuple[Outcome, dict[str, Any]]:
    plan = {"light": steady(USERS, None, 8, 1)}
    checks = [{"metric": "p99", "expect": "<= 1000ms", "endpoint": "GET /items"}]
    options = write_plan(folder, plan, {"light": checks})
    with running_server("fixed", latency_ms=SLOW_MS, status=200) as server:
        outcome = run_file(folder, "shop.py", *options, host=server.url, mode=mode)
        return outcome, server.facts()


@pytest.mark.parametrize("mode", ["local", "processes"])
def test_a_reply_of_1049_ms_breaks_a_limit_of_1000_ms(runs: Background, mode: Mode) -> None:
    outcome, facts = runs[f"slow {mode}"]
    outcome.assert_came_to(1, "FAIL")
    (check,) = [c for c in outcome.scenario("light")["checks"] if c["metric"] == "p99"]
    assert check["value"] >= SLOW_MS
    requests = requests_by_name(outcome)
    assert requests == {
        "POST /login": facts["requests"]["POST /login"],
        "GET /items": facts["requests"]["GET /items"],
        "POST /orders": facts["requests"]["POST /orders"],
        "GET /orders/[id]": facts["requests"]["GET /orders/17"],
    }
    assert requests["POST /login"] == USERS
    assert operations_by_name(outcome) == {
        "Shopper.browse": requests["GET /items"],
        "Shopper.buy": requests["POST /orders"],
    }
