"""As many workers as people have, on one master: what they did is what it reports, in time.

They are peers of one process (many_peers.py), or fewer real ones; the master is a real one.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil
import pytest

from e2e.accounts import assert_accounts
from e2e.conftest import is_full_length
from e2e.load_test import LoadTest
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.processes import MARK
from e2e.truth_server import TESTS, running_server
from e2e.waiting import Background, Job
from target_app.children import start_child, stop_child

pytestmark = pytest.mark.timed

REAL = 300
MANY, ALL = 100, 1000
"""In `make test`, and with --full-length."""
HOLD_S, WARM_UP_S = 8.0, 2.0
RATE_OF_EACH = 5
TOKEN = {"JOBLOAD_TOKEN": "0123456789abcdef" * 2}
VERDICT_WITHIN_S = 2.0
ATTACHED_PER_SECOND = 100
MASTER_CORES = 0.5
BYTES_OF_A_RUN, BYTES_OF_EACH = 30_000_000, 100_000
BYTES_OF_A_REAL_ONE = 30_000_000


@dataclass(frozen=True)
class Seen:
    """`told` is what the peers say; of the master the CPU time, and by how much its memory grew."""

    outcome: Outcome
    told: dict[str, Any]
    verdict_s: float
    cpu_s: float
    loaded_s: float
    grown_bytes: int


def _run(folder: Path, peers: int, hold_s: float, silent_after_s: float | None = None) -> Seen:
    options = write_plan(folder, {"light": steady(peers, RATE_OF_EACH * peers, hold_s, WARM_UP_S)})
    with (
        running_server("fixed") as server,
        LoadTest(
            folder,
            *options,
            host=server.url,
            mode="workers",
            workers=0,
            expect_workers=peers,
            environ=TOKEN,
        ) as test,
    ):
        test.wait_for_console("Starting Locust")
        master = psutil.Process(test.head.pid)
        memory_bytes = master.memory_info().rss
        asked = json.dumps({"port": test.port, "peers": peers, "silent_after_s": silent_after_s})
        environ = os.environ | TOKEN | {MARK: test.mark, "PYTHONPATH": str(TESTS)}
        with (folder / "peers.log").open("wb") as output:
            crowd = start_child(
                [sys.executable, "-m", "e2e.many_peers", asked], environ=environ, output=output
            )
        try:
            test.wait_for_console("Scenario light", within_s=60)
            began_s, cpu_s = perf_counter(), _cpu_s(master)
            test.wait_for_console("Verdict", within_s=hold_s + 60)
            verdict_s, spent_s = perf_counter(), _cpu_s(master) - cpu_s
            grown_bytes = master.memory_info().rss - memory_bytes
            outcome = test.outcome(within_s=60)
            crowd.wait(30)
        finally:
            stop_child(crowd, 5)
    told = json.loads((folder / "peers.log").read_text().splitlines()[-1])
    return Seen(outcome, told, verdict_s, spent_s, verdict_s - began_s, grown_bytes)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Background]:
    peers = ALL if is_full_length(request.config) else MANY
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "sound": partial(_run, folder / "sound", peers, HOLD_S),
        "one silent": partial(_run, folder / "silent", peers, HOLD_S, silent_after_s=5.0),
    }
    with Background(jobs, at_once=1) as background:
        yield background


def test_what_they_did_is_what_is_reported(runs: Background) -> None:
    seen: Seen = runs["sound"]
    seen.outcome.assert_came_to(0, "PASS")
    assert seen.outcome.sum("attempts") == seen.told["operations"]
    assert seen.outcome.sum("succeeded") == seen.told["operations"]
    peers = len(seen.outcome.result["topology"]["workers"])
    planned = RATE_OF_EACH * peers * HOLD_S
    assert seen.outcome.stage()["offered"] == pytest.approx(planned, rel=0.01)


def test_the_verdict_is_there_soon_after_the_last_reply(runs: Background) -> None:
    seen: Seen = runs["sound"]
    assert seen.verdict_s - seen.told["last_reply_s"] <= VERDICT_WITHIN_S


def test_they_are_attached_quickly(runs: Background) -> None:
    told = runs["sound"].told
    took_s = max(told["acknowledged_s"]) - told["began_s"]
    assert len(told["acknowledged_s"]) >= ATTACHED_PER_SECOND * took_s


def test_the_master_has_time_to_spare(runs: Background) -> None:
    seen: Seen = runs["sound"]
    assert seen.cpu_s <= MASTER_CORES * seen.loaded_s


def test_none_of_them_takes_much_memory(runs: Background) -> None:
    seen: Seen = runs["sound"]
    peers = len(seen.told["acknowledged_s"])
    assert seen.grown_bytes <= BYTES_OF_A_RUN + peers * BYTES_OF_EACH


def test_one_of_them_that_falls_silent_is_named(runs: Background) -> None:
    outcome: Outcome = runs["one silent"].outcome
    outcome.assert_came_to(3, "INVALID")
    assert "worker peer-0000 was lost" in outcome.complaints["workers-complete"]
    others = [w for w in outcome.result["topology"]["workers"] if w["id"] != "peer-0000"]
    assert {worker["status"] for worker in others} == {"complete"}


@pytest.mark.timeout(200)
def test_real_ones_are_as_exact_and_as_quick(full_length: bool, tmp_path: Path) -> None:
    if not full_length:
        pytest.skip("300 processes take a minute of CPU: make verify runs it")
    options = write_plan(tmp_path, {"light": steady(REAL, REAL, HOLD_S, WARM_UP_S)})
    with (
        running_server("fixed") as server,
        LoadTest(tmp_path, *options, host=server.url, mode="processes", workers=REAL) as test,
    ):
        test.wait_for_console("Scenario light", within_s=60)
        server.wait_for_requests(REAL)
        some = [psutil.Process(pid) for pid in test.forked_workers()[:5]]
        own_bytes = max(process.memory_full_info().pss for process in some)
        test.wait_for_console("Verdict", within_s=HOLD_S + 60)
        verdict_s = perf_counter()
        outcome = test.outcome(within_s=60)
        last_s = server.arrivals_s()[-1]
        outcome.assert_passed_or_late()
        assert_accounts(outcome, server.facts())
    assert len(outcome.result["topology"]["workers"]) == REAL
    assert verdict_s - last_s <= VERDICT_WITHIN_S
    assert own_bytes <= BYTES_OF_A_REAL_ONE
