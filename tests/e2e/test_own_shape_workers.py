"""Workers that leave, stand still and come back under somebody's own shape: the users it asks for
are there, and never more of them."""

import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter, sleep

import pytest

from e2e.any_locustfile import ANYBODY
from e2e.load_test import JOBLOAD, LoadTest
from e2e.plan_files import steady, write_plan
from e2e.seen import Seen
from e2e.truth_server import TruthServer, running_server
from e2e.waiting import Background, Job

ITEMS = "GET /items"
RATE_OF_EACH = 5
USERS, MORE_USERS = 6, 9
LEAVES_S, LEFT_ENDS_S = 3.0, 9.0
STOPS_S, STEP_S, GOES_ON_S, BACK_ENDS_S = 2.0, 10.0, 13.0, 18.0
TAKEN_OVER_S = 8.0
"""By then: Locust takes a worker for missing when it has heard nothing of it for four seconds."""


def _play(folder: Path, steps: str, during: Callable[[LoadTest, TruthServer], None]) -> Seen:
    options = write_plan(folder, {"light": steady(1, None, 1, 1)})
    with (
        running_server("fixed", latency_ms=5, status=200) as server,
        LoadTest(
            folder, *options, host=server.url, mode="workers", locustfile=ANYBODY / "at_a_pace.py",
            program=[str(JOBLOAD), "run"], environ={"E2E_STEPS": steps},
        ) as test,
    ):  # fmt: skip
        during(test, server)
        outcome = test.outcome(within_s=60)
        return Seen(outcome, server.facts(), server.arrivals_s(ITEMS))


def _wait_until(server: TruthServer, second: float) -> None:
    """Of the load, which the first request begins."""
    server.wait_for_requests(1, place=ITEMS)
    sleep(max(0.0, server.arrivals_s(ITEMS)[0] + second - perf_counter()))


def _one_leaves(test: LoadTest, server: TruthServer) -> None:
    _wait_until(server, LEAVES_S)
    test.workers[0].send_signal(signal.SIGTERM)
    assert test.workers[0].wait(10) == 0


def _one_stands_still(test: LoadTest, server: TruthServer) -> None:
    _wait_until(server, STOPS_S)
    test.workers[0].send_signal(signal.SIGSTOP)
    _wait_until(server, GOES_ON_S)
    test.workers[0].send_signal(signal.SIGCONT)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    steps = f"{STEP_S}:{USERS} {BACK_ENDS_S}:{MORE_USERS}"
    jobs: dict[str, Job] = {
        "left": partial(_play, folder / "left", f"{LEFT_ENDS_S}:{USERS}", _one_leaves),
        "back": partial(_play, folder / "back", steps, _one_stands_still),
    }
    with Background(jobs) as background:
        yield background


def _users_at_work(seen: Seen, from_s: float, until_s: float) -> float:
    """By what the server saw of them."""
    first_s = seen.arrivals_s[0]
    count = sum(from_s <= at_s - first_s < until_s for at_s in seen.arrivals_s)
    return count / (until_s - from_s) / RATE_OF_EACH


def test_others_have_the_users_of_one_that_leaves(runs: Background) -> None:
    seen = runs["left"]
    seen.outcome.assert_came_to(0, "PASS")
    assert "left early" in seen.outcome.validity("workers-complete")["actual"]
    assert _users_at_work(seen, LEAVES_S + 1, LEFT_ENDS_S - 1) == pytest.approx(USERS, rel=0.1)
    assert seen.sent == seen.outcome.sum("attempts")


def test_others_have_the_users_of_one_that_stands_still_and_the_run_is_no_pass(
    runs: Background,
) -> None:
    seen = runs["back"]
    seen.outcome.assert_came_to(3, "INVALID")
    assert "silent for" in seen.outcome.complaints["no-stall"]
    assert _users_at_work(seen, TAKEN_OVER_S, STEP_S) == pytest.approx(USERS, rel=0.1)


def test_when_it_is_back_there_are_as_many_users_as_before(runs: Background) -> None:
    seen = runs["back"]
    assert _users_at_work(seen, GOES_ON_S + 2, BACK_ENDS_S - 1) == pytest.approx(
        MORE_USERS, rel=0.1
    )
    for second in range(int(BACK_ENDS_S)):
        planned = USERS if second + 1 < STEP_S else MORE_USERS
        assert _users_at_work(seen, second, second + 1) <= planned * 1.1 + 1
    assert seen.sent == seen.outcome.sum("attempts")
