"""`client: fasthttp` in a run as its user makes it: redirects and cookies, and exact accounts."""

from pathlib import Path

from e2e.accounts import differences
from e2e.load_test import run_locust
from e2e.plan_files import steady, write_plan
from e2e.truth_server import JOBS, running_server

USERS = 5


def test_redirects_are_followed_cookies_kept_and_every_attempt_is_accounted_for(
    tmp_path: Path,
) -> None:
    options = write_plan(
        tmp_path,
        {"light": steady(USERS, 100, 3, 1, client="fasthttp", expect={"status": [201]})},
        {"light": [{"metric": "error_rate", "expect": "<= 0%"}]},
    )
    with running_server("moved-after-a-cookie") as server:
        outcome = run_locust(tmp_path, *options, host=server.url, mode="processes")
        facts = server.facts()
    outcome.assert_passed_or_late()
    assert not differences(outcome.result)
    assert outcome.sum("succeeded") == outcome.sum("started") == outcome.sum("attempts") > 300
    assert facts["requests"][JOBS] == facts["requests"]["POST /moved"] == outcome.sum("attempts")
    assert facts["keys"][JOBS] == facts["keys"]["POST /moved"] == outcome.sum("started")
    assert facts["sessions"] == USERS, "one for each user, and it comes back with every request"
    assert outcome.scenario("light")["configuration"]["client"] == "fasthttp"
    assert "client fasthttp" in " ".join(outcome.console.split())


def test_the_same_server_passes_no_run_of_the_own_client(tmp_path: Path) -> None:
    fields = steady(USERS, 50, 2, 1, expect={"status": [201]}, retries=0)
    options = write_plan(
        tmp_path, {"light": fields}, {"light": [{"metric": "error_rate", "expect": "<= 0%"}]}
    )
    with running_server("moved-after-a-cookie") as server:
        outcome = run_locust(tmp_path, *options, host=server.url)
    outcome.assert_came_to(1, "FAIL")
    assert [error["kind"] for error in outcome.stage()["errors"]] == ["http-307"]
