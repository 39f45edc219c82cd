"""Rows of a file over processes: each to one operation, as the server saw it (V18)."""

import signal
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from e2e.load_test import LoadTest, Mode, run_locust
from e2e.outcome import Outcome
from e2e.plan_files import Fields, steady, write_plan
from e2e.truth_server import TruthServer, running_server
from e2e.waiting import Background, Job

pytestmark = pytest.mark.timed

Seen = tuple[Outcome, Counter[int]]
PLACE = "GET /people/"
LATE_S = 0.8
"""Of the last arrivals half a second was planned still."""


def people(folder: Path, count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{number},name {number}\r\n" for number in range(1, count + 1))
    (folder / "people.csv").write_text("id,name\r\n" + rows)


def plan(folder: Path, each: str, **scenario: Any) -> list[str]:
    """One request an operation, with the row's number in its path."""
    flow: Fields = {
        "data": {"people": {"file": "people.csv", "each": each}},
        "steps": [{"name": "fetch", "get": "/people/{{ people.id }}"}],
        "retries": 0,
        "payload_bytes": 1024,
    }
    return write_plan(folder, {"light": scenario | flow})


def rows_seen(server: TruthServer) -> Counter[int]:
    """How often each row came to the server."""
    requests = server.facts()["requests"]
    return Counter(
        {
            int(place.removeprefix(PLACE)): count
            for place, count in requests.items()
            if place.startswith(PLACE)
        }
    )


def told(outcome: Outcome) -> dict[str, Any]:
    (rows,) = outcome.result["rows"]
    return dict(rows)


def lost_rows(rows: dict[str, Any]) -> set[int]:
    found: set[int] = set()
    for part in filter(None, rows["lost_rows"].split(", ")):
        first, _, last = part.partition("-")
        found |= {*range(int(first), int(last or first) + 1)}
    assert len(found) == rows["lost"]
    return found


def _just_enough(folder: Path) -> Seen:
    """The master is late with the end, so that each worker has arrivals more than planned."""
    people(folder, 400)
    stages = [{"name": "hold", "duration": "8s", "users": 60, "rate": 50}]
    options = plan(folder, "once", shape="staged", stages=stages)
    with (
        running_server("fixed", latency_ms=5) as server,
        LoadTest(folder, *options, host=server.url, mode="workers", workers=4) as test,
    ):
        _wait_for(375, server, test)
        test.head.send_signal(signal.SIGSTOP)
        sleep(LATE_S)
        test.head.send_signal(signal.SIGCONT)
        return test.outcome(within_s=60), rows_seen(server)


def _one_killed(folder: Path) -> Seen:
    """The load goes on for long enough after it that the master knows the worker to be gone."""
    people(folder, 400)
    options = plan(folder, "once", **steady(8, 40, 8))
    with (
        running_server("fixed", latency_ms=5) as server,
        LoadTest(folder, *options, host=server.url, mode="workers", workers=4) as test,
    ):
        _wait_for(100, server, test)
        test.workers[1].send_signal(signal.SIGKILL)
        return test.outcome(within_s=60), rows_seen(server)


def _one_leaves_one_joins(folder: Path) -> Seen:
    """The master alone has the file, and needs it only at the beginning."""
    people(folder, 520)
    options = plan(folder, "once", **steady(8, 50, 8))
    with (
        running_server("fixed", latency_ms=5) as server,
        LoadTest(folder, *options, host=server.url, mode="workers", workers=2) as test,
    ):
        _wait_for(60, server, test)
        (folder / "people.csv").unlink()
        test.add_worker()
        _wait_for(250, server, test)
        test.workers[0].send_signal(signal.SIGTERM)
        return test.outcome(within_s=60), rows_seen(server)


def _wait_for(rows: int, server: TruthServer, test: LoadTest) -> None:
    while sum(rows_seen(server).values()) < rows:
        assert not test.has_ended, test.console
        sleep(0.02)


def _too_few(folder: Path) -> tuple[Outcome, dict[str, int]]:
    people(folder, 30)
    options = plan(folder, "once", **steady(3, 10, 3))
    with running_server("fixed") as server:
        outcome = run_locust(folder, *options, host=server.url)
        return outcome, server.facts()["requests"]


def _run(folder: Path, rows: int, each: str, mode: Mode, **scenario: Any) -> Seen:
    people(folder, rows)
    options = plan(folder, each, **scenario)
    with running_server("fixed", latency_ms=5) as server:
        outcome = run_locust(folder, *options, host=server.url, mode=mode)
        return outcome, rows_seen(server)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("rows")
    jobs: dict[str, Job] = {
        "just enough": partial(_just_enough, folder / "enough"),
        "one killed": partial(_one_killed, folder / "killed"),
        "one leaves": partial(_one_leaves_one_joins, folder / "leaves"),
        "loop": partial(_run, folder / "loop", 20, "loop", "processes", **steady(4, 100, 4)),
        "no rate": partial(_run, folder / "none", 50, "once", "local", **steady(3, None, 3)),
        "too few": partial(_too_few, folder / "few"),
    }
    with Background(jobs, at_once=2) as background:
        yield background


def test_as_many_rows_as_arrivals_are_enough_for_four_workers(runs: Background) -> None:
    outcome, seen = runs["just enough"]
    assert outcome.exit_code == 0, outcome.console
    assert seen == Counter(range(1, 401))
    hold, rows = outcome.stage("hold"), told(outcome)
    assert (rows["sent"], rows["given_back"], rows["lost"], rows["without"]) == (400, 0, 0, 0)
    assert (hold["started"], hold["succeeded"], hold["missed"]) == (400, 400, 0)
    assert hold["surplus"] == hold["offered"] - 400 > 0
    assert "rows  people: 400 rows, 400 sent" in outcome.console


def test_rows_of_a_killed_worker_are_named_and_sent_by_nobody_else(runs: Background) -> None:
    outcome, seen = runs["one killed"]
    assert outcome.exit_code == 3, outcome.console
    rows = told(outcome)
    lost = lost_rows(rows)
    assert lost
    assert max(seen.values()) == 1
    assert len(set(seen) - lost) == rows["sent"]
    assert rows["sent"] + rows["given_back"] + rows["lost"] <= rows["total"] == 400
    check = next(v for v in outcome.result["validity"] if v["id"] == "rows-accounted")
    assert check["status"] == "FAIL"
    first = rows["lost_rows"].split(", ")[0]
    assert f"{rows['lost']:,} row" in check["actual"]
    assert first in check["actual"]
    assert len(lost) < 80  # what it had in stock, and what it sent in its last second


def test_what_a_leaving_worker_did_not_send_goes_to_others_and_one_that_is_late_gets_its_own(
    runs: Background,
) -> None:
    outcome, seen = runs["one leaves"]
    rows = told(outcome)
    assert max(seen.values()) == 1
    assert rows["sent"] == len(seen)
    assert (rows["lost"], rows["without"]) == (0, 0)
    workers = outcome.result["topology"]["workers"]
    assert len(workers) == 3
    assert all(worker["requests"] for worker in workers)
    assert outcome.exit_code == 0, outcome.console


def test_rows_of_a_loop_are_used_evenly_over_workers_and_processes(runs: Background) -> None:
    outcome, seen = runs["loop"]
    assert outcome.exit_code == 0, outcome.console
    assert len(seen) == 20
    assert max(seen.values()) - min(seen.values()) <= 2
    assert told(outcome)["sent"] == sum(seen.values())


def test_users_without_a_rate_stop_at_the_last_row_and_the_run_is_invalid(runs: Background) -> None:
    outcome, seen = runs["no rate"]
    assert outcome.exit_code == 3, outcome.console
    rows = told(outcome)
    assert seen == Counter(range(1, 51))
    assert (rows["sent"], rows["given_back"], rows["lost"]) == (50, 0, 0)
    failed = sum(stage["failed"] for stage in outcome.result["scenarios"][0]["stages"])
    assert 1 <= rows["without"] == failed <= 30
    errors = [e for s in outcome.result["scenarios"][0]["stages"] for e in s["errors"]]
    assert {error["kind"] for error in errors} == {"no-row"}
    assert "people: all its rows are used" in errors[0]["example"]
    assert "operations got no row" in outcome.console
    assert "generator: no row was left" in outcome.console


def test_too_few_rows_for_the_plan_are_told_before_any_load(runs: Background) -> None:
    outcome, requests = runs["too few"]
    assert not requests
    assert outcome.exit_code == 2
    assert "people.csv: holds 30 rows, and the plan has 50 operations" in outcome.console
