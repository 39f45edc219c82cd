"""`client: fasthttp` in a run as its user makes it: redirects and cookies, and exact accounts."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from e2e.accounts import differences
from e2e.load_test import run_locust
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import JOBS, running_server
from e2e.waiting import Background, Job

USERS = 5


def _followed(folder: Path) -> tuple[Outcome, Any]:
    options = write_plan(
        folder,
        {"light": steady(USERS, 100, 3, 1, client="fasthttp", expect={"status": [201]})},
        {"light": [{"metric": "error_rate", "expect": "<= 0%"}]},
    )
    with running_server("moved-after-a-cookie") as server:
        return run_locust(folder, *options, host=server.url, mode="processes"), server.facts()


def _not_followed(folder: Path) -> Outcome:
    fields = steady(USERS, 50, 2, 1, expect={"status": [201]}, retries=0)
    options = write_plan(
        folder, {"light": fields}, {"light": [{"metric": "error_rate", "expect": "<= 0%"}]}
    )
    with running_server("moved-after-a-cookie") as server:
        return run_locust(folder, *options, host=server.url)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "fasthttp": partial(_followed, folder / "fasthttp"),
        "own": partial(_not_followed, folder / "own"),
    }
    with Background(jobs) as background:
        yield background


def test_redirects_are_followed_cookies_kept_and_every_attempt_is_accounted_for(
    runs: Background,
) -> None:
    outcome, facts = runs["fasthttp"]
    outcome.assert_passed_or_late()
    assert not differences(outcome.result)
    assert outcome.sum("succeeded") == outcome.sum("started") == outcome.sum("attempts") > 300
    assert facts["requests"][JOBS] == facts["requests"]["POST /moved"] == outcome.sum("attempts")
    assert facts["keys"][JOBS] == facts["keys"]["POST /moved"] == outcome.sum("started")
    assert facts["sessions"] == USERS, "one for each user, and it comes back with every request"
    assert outcome.scenario("light")["configuration"]["client"] == "fasthttp"
    assert "client fasthttp" in " ".join(outcome.console.split())


def test_the_same_server_passes_no_run_of_the_own_client(runs: Background) -> None:
    outcome = runs["own"]
    outcome.assert_came_to(1, "FAIL")
    assert [error["kind"] for error in outcome.stage()["errors"]] == ["http-307"]
