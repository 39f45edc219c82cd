"""A target that redirects and sets cookies: for a FastHttpUser, not for jobload's own client."""

from pathlib import Path

from e2e.any_locustfile import requests_by_name, run_file
from e2e.load_test import run_locust
from e2e.plan_files import steady, write_plan
from e2e.truth_server import JOBS, running_server

USERS = 5
NO_ERROR = {"light": [{"metric": "error_rate", "expect": "<= 0%"}]}


def test_redirects_are_followed_cookies_kept_and_every_request_is_accounted_for(
    tmp_path: Path,
) -> None:
    options = write_plan(tmp_path, {"light": steady(USERS, 40, 3, 1)}, NO_ERROR)
    with running_server("moved-after-a-cookie") as server:
        outcome = run_file(tmp_path, "moved.py", *options, host=server.url, mode="processes")
        facts = server.facts()
    outcome.assert_passed_or_late()
    assert outcome.sum("succeeded") == outcome.sum("started") > 120
    assert requests_by_name(outcome) == {JOBS: outcome.sum("started")}
    assert facts["requests"][JOBS] == facts["requests"]["POST /moved"] == outcome.sum("started")
    assert facts["sessions"] == USERS, "one for each user, and it comes back with every request"


def test_the_same_server_passes_no_run_of_the_own_client(tmp_path: Path) -> None:
    fields = steady(USERS, 50, 2, 1, expect={"status": [201]}, retries=0)
    options = write_plan(tmp_path, {"light": fields}, NO_ERROR)
    with running_server("moved-after-a-cookie") as server:
        outcome = run_locust(tmp_path, *options, host=server.url)
    outcome.assert_came_to(1, "FAIL")
    assert [error["kind"] for error in outcome.stage()["errors"]] == ["http-307"]
