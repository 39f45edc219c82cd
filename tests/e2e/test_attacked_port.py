"""Peers that mean no good speak on the workers' port in mid-run: the run does not notice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from e2e.load_test import LOCUSTFILES, LoadTest
from e2e.machine import Memory
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, wait_until

RUDE = Path(__file__).with_name("rude_peer.py")
WITH_OR_WITHOUT = {"with a token": {"JOBLOAD_TOKEN": "t" * 32}, "without one": {}}
HEARTBEATS_EVERY_S = 1.0
MEGABYTE = 1024 * 1024


def be_rude(test: LoadTest, *deed: str) -> None:
    done = subprocess.run(
        [sys.executable, str(RUDE), str(test.port), *deed],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "done\n", done.stderr


def longest_heartbeat_s(folder: Path) -> float:
    """How much longer than planned a worker waited for the master's answer."""
    waits = [0.0]
    for file in folder.iterdir():
        times_s = [float(line) for line in file.read_text().splitlines()]
        waits += [after - before - HEARTBEATS_EVERY_S for before, after in pairwise(times_s)]
    return max(waits)


def _attacked(folder: Path, environ: dict[str, str]) -> tuple[Outcome, Memory, int]:
    """With what the server was asked."""
    heartbeats = folder / "heartbeats"
    heartbeats.mkdir(parents=True)
    plan = write_plan(folder / "plan", {"short": steady(4, 20, 16, 1)})
    with (
        running_server("fixed") as server,
        LoadTest(
            folder,
            *plan,
            "--scenario",
            "short",
            host=server.url,
            mode="workers",
            locustfile=LOCUSTFILES / "timing_heartbeats.py",
            environ=environ | {"E2E_HEARTBEATS": str(heartbeats)},
        ) as test,
    ):
        wait_until(lambda: server.requests() > 5, 30, "the run has begun")
        with Memory(test.head.pid) as memory:
            be_rude(test, "handshakes", "5000")
            be_rude(test, "malformed", "1000")
            be_rude(test, "frame", "400")
        return test.outcome(within_s=60), memory, server.requests()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def runs(folder: Path) -> Iterator[Background]:
    jobs = {
        token: partial(_attacked, folder / token, environ)
        for token, environ in WITH_OR_WITHOUT.items()
    }
    with Background(jobs) as background:
        yield background


@pytest.mark.parametrize("token", WITH_OR_WITHOUT)
def test_who_has_no_token_can_neither_end_nor_slow_nor_fill_the_master(
    runs: Background, folder: Path, token: str
) -> None:
    outcome, memory, requests = runs[token]
    outcome.assert_passed_or_late()
    assert outcome.sum("attempts") == requests
    assert longest_heartbeat_s(folder / token / "heartbeats") <= 1.0
    assert memory.grown <= 50 * MEGABYTE
    assert "Refused a " in outcome.console
    assert "Verdict: PASS\n" not in outcome.console.replace("Verdict: PASS (", "")
    assert "Traceback" not in outcome.console
    trusted = outcome.validity("messages-trusted")
    assert trusted["status"] == ("PASS" if WITH_OR_WITHOUT[token] else "WARN"), trusted
    if not WITH_OR_WITHOUT[token]:
        assert outcome.result["topology"]["refused_reports"]["unreadable"] >= 900
