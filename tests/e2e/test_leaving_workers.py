"""V16: workers that are told to end in mid-run, as an eviction does it: in order, and declared.

The first one by itself, since it is about the milliseconds in which others take over.
"""

import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import pytest

from e2e.accounts import assert_accounts
from e2e.load_test import LoadTest
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, Job

pytestmark = pytest.mark.timed

RATE, WARM_UP_S, HOLD_S = 60, 2, 8
LATENCY_MS = 500
"""So that some are in flight when it is told to end."""


@dataclass(frozen=True)
class Left:
    """`told_s` is when a worker was told to end, `left_s` when it had."""

    outcome: Outcome
    facts: dict[str, Any]
    arrivals_s: list[float]
    exit_code: int
    told_s: float
    left_s: float
    ended_s: float

    def in_a_second(self, from_s: float) -> int:
        return sum(from_s <= at_s < from_s + 1 for at_s in self.arrivals_s)


def _told_to_leave(folder: Path, workers: int) -> Left:
    options = write_plan(folder, {"light": steady(40, RATE, HOLD_S, WARM_UP_S)})
    with (
        running_server("fixed", latency_ms=LATENCY_MS) as server,
        LoadTest(folder, *options, host=server.url, mode="workers", workers=workers) as test,
    ):
        server.wait_for_requests(1)
        sleep(max(0.0, server.arrivals_s()[0] + WARM_UP_S + 2.5 - perf_counter()))
        told_s = perf_counter()
        test.workers[0].send_signal(signal.SIGTERM)
        exit_code = test.workers[0].wait(10)
        left_s = perf_counter()
        outcome = test.outcome(within_s=50)
        ended_s = perf_counter()
        arrivals_s = server.arrivals_s()
        return Left(outcome, server.facts(), arrivals_s, exit_code, told_s, left_s, ended_s)


STEPS = ("first", "second", "third")


def _in_mid_flow(folder: Path) -> tuple[Outcome, dict[str, Counter[str]]]:
    """One of three, and at each step which rows the server saw how often."""
    folder.mkdir()
    (folder / "people.csv").write_text("id\n" + "".join(f"{row}\n" for row in range(400)))
    flow = {
        "data": {"people": {"file": "people.csv", "each": "once"}},
        "steps": [{"name": s, "get": f"/{s}/{{{{ people.id }}}}"} for s in STEPS],
        "payload_bytes": 1024,
    }
    options = write_plan(folder, {"light": steady(60, 30, HOLD_S, WARM_UP_S) | flow})
    with (
        running_server("fixed", latency_ms=LATENCY_MS) as server,
        LoadTest(folder, *options, host=server.url, mode="workers", workers=3) as test,
    ):
        while server.facts()["answers"].get("201", 0) < 200:
            assert not test.has_ended, test.console
        test.workers[1].send_signal(signal.SIGTERM)
        assert test.workers[1].wait(10) == 0
        outcome = test.outcome(within_s=50)
        requests = server.facts()["requests"]
    rows: dict[str, Counter[str]] = {step: Counter() for step in STEPS}
    for place, count in requests.items():
        step, _, row = place.removeprefix("GET /").partition("/")
        if step in rows:
            rows[step][row] += count
    return outcome, rows


def _told_one_after_another(folder: Path) -> Outcome:
    """The workers first, as a busy machine's scheduler may have it."""
    options = write_plan(folder, {"light": steady(4, 20, 60, 1)})
    with (
        running_server("fixed", latency_ms=5) as server,
        LoadTest(folder, *options, host=server.url, mode="workers") as test,
    ):
        server.wait_for_requests(20)
        for worker in test.workers:
            worker.send_signal(signal.SIGTERM)
        sleep(0.4)  # in which they have said their last words
        test.interrupt(signal.SIGTERM)
        return test.outcome(within_s=20)


def _both_told(folder: Path, first: int) -> tuple[Outcome, dict[str, Any]]:
    """When the one has just begun an operation, and the other's ends a second sooner."""
    options = write_plan(folder, {"light": steady(10, 1, 60)})
    with (
        running_server("fixed", latency_ms=1900) as server,
        LoadTest(folder, *options, host=server.url, mode="workers") as test,
    ):
        server.wait_for_requests(4)
        test.workers[first].send_signal(signal.SIGTERM)
        sleep(0.2)  # in which the first word is the first to be heard
        test.workers[1 - first].send_signal(signal.SIGTERM)
        return test.outcome(within_s=20), server.facts()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "last told to leave": partial(_told_to_leave, folder / "last", workers=1),
        "in mid-flow": partial(_in_mid_flow, folder / "flow"),
        "everyone": partial(_told_one_after_another, folder / "everyone"),
        "both, 0 first": partial(_both_told, folder / "both", first=0),
        "both, 1 first": partial(_both_told, folder / "other", first=1),
    }
    with Background(jobs, at_once=5) as background:
        yield background


@pytest.fixture(scope="module")
def told_to_leave(tmp_path_factory: pytest.TempPathFactory) -> Left:
    return _told_to_leave(tmp_path_factory.mktemp("told"), workers=2)


def test_a_worker_that_was_told_to_leave_is_declared_and_others_take_over(
    told_to_leave: Left,
) -> None:
    seen, outcome = told_to_leave, told_to_leave.outcome
    outcome.assert_came_to(0, "PASS")
    assert "left early, at " in outcome.validity("workers-complete")["actual"]
    assert {w["status"] for w in outcome.result["topology"]["workers"]} <= {"complete", "left"}
    assert outcome.stage()["offered"] == pytest.approx(RATE * HOLD_S, rel=0.01)
    assert_accounts(outcome, seen.facts)
    assert outcome.sum("censored") == 0  # what it had in flight came to an end


def test_a_worker_that_was_told_to_leave_goes_when_nothing_is_in_flight(
    told_to_leave: Left,
) -> None:
    assert told_to_leave.exit_code == 0
    assert 0.2 < told_to_leave.left_s - told_to_leave.told_s < 3


def test_the_load_of_a_worker_that_leaves_goes_on_at_once(told_to_leave: Left) -> None:
    assert told_to_leave.in_a_second(told_to_leave.told_s) == pytest.approx(RATE, rel=0.1)


def test_one_of_three_that_leaves_in_mid_flow_ends_its_operations_and_hands_over_its_rows(
    runs: Background,
) -> None:
    outcome, rows = runs["in mid-flow"]
    outcome.assert_came_to(0, "PASS")
    assert outcome.validity("workers-complete")["actual"].count(" left early, at ") == 1
    assert_accounts(outcome)
    assert outcome.sum("censored") == 0
    assert rows["first"] == rows["second"] == rows["third"]
    assert max(rows["first"].values()) == 1
    assert sum(rows["first"].values()) == outcome.sum("started")
    assert 3 * sum(rows["first"].values()) == outcome.sum("attempts")
    (told,) = outcome.result["rows"]
    assert (told["sent"], told["lost"], told["without"]) == (len(rows["first"]), 0, 0)


def test_the_last_worker_that_is_told_to_leave_ends_the_run(runs: Background) -> None:
    seen: Left = runs["last told to leave"]
    assert seen.exit_code == 0
    assert seen.ended_s - seen.told_s < 6
    end = seen.outcome.result["end"]
    assert end["reason"] == "aborted"
    assert "the last worker" in end["detail"]
    assert "was told to end" in end["detail"]
    assert_accounts(seen.outcome, seen.facts)
    assert seen.outcome.sum("censored") == 0


def test_a_run_whose_last_worker_leaves_is_invalid(runs: Background) -> None:
    runs["last told to leave"].outcome.assert_came_to(3, "INVALID")


def test_everyone_told_to_end_is_a_signal_whoever_hears_it_first(runs: Background) -> None:
    outcome: Outcome = runs["everyone"]
    outcome.assert_came_to(128 + signal.SIGTERM, "INVALID")
    assert outcome.result["end"]["reason"] == "sigterm"


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_that_leave_together_each_ends_what_is_in_flight(
    runs: Background, first: int
) -> None:
    outcome, facts = runs[f"both, {first} first"]
    outcome.assert_came_to(3, "INVALID")
    assert "the last worker, " in outcome.complaints["completed"]
    assert outcome.sum("succeeded") == outcome.sum("started") >= 4
    assert_accounts(outcome, facts)
