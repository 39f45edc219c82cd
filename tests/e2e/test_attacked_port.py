"""Peers that mean no good speak on the workers' port in mid-run: the run does not notice."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from e2e.load_test import LOCUSTFILES, LoadTest
from e2e.machine import Memory
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import wait_until

RUDE = Path(__file__).with_name("rude_peer.py")
TOKEN = {"JOBLOAD_TOKEN": "t" * 32}
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


@pytest.mark.parametrize("environ", [TOKEN, {}], ids=["with a token", "without one"])
def test_who_has_no_token_can_neither_end_nor_slow_nor_fill_the_master(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    heartbeats = tmp_path / "heartbeats"
    heartbeats.mkdir()
    plan = write_plan(tmp_path / "plan", {"short": steady(4, 20, 16, 1)})
    with (
        running_server("fixed") as server,
        LoadTest(
            tmp_path,
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
        outcome = test.outcome(within_s=60)
        requests = server.requests()
    outcome.assert_passed_or_late()
    assert outcome.sum("attempts") == requests
    assert longest_heartbeat_s(heartbeats) <= 1.0
    assert memory.grown <= 50 * MEGABYTE
    assert "Refused a " in outcome.console
    assert "Verdict: PASS\n" not in outcome.console.replace("Verdict: PASS (", "")
    assert "Traceback" not in outcome.console
    trusted = outcome.validity("messages-trusted")
    assert trusted["status"] == ("PASS" if environ else "WARN"), trusted
    if not environ:
        assert outcome.result["topology"]["refused_reports"]["unreadable"] >= 900
