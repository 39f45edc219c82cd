"""Mutated messages on the port of a real master, before a run and in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from e2e.load_test import LoadTest
from e2e.machine import Memory
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, wait_until

FUZZER = Path(__file__).with_name("fuzzing_peer.py")
TOKEN = {"JOBLOAD_TOKEN": "t" * 32}
MEGABYTE = 1024 * 1024


def fuzz(test: LoadTest, seed: int, seconds: float, environ: dict[str, str]) -> None:
    paths = os.pathsep.join([str(FUZZER.parents[1]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, str(FUZZER), str(test.port), str(seed), str(seconds)],
        env=os.environ | environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=seconds + 30,
    )
    assert int(done.stdout) > 0, done.stderr


@dataclass(frozen=True)
class Fuzzed:
    outcome: Outcome
    grown_bytes: int


def _fuzzed(folder: Path, masters: dict[str, str], peers: dict[str, str], fuzz_s: float) -> Fuzzed:
    seconds = max(5.0, fuzz_s)
    plan = write_plan(folder / "plan", {"short": steady(4, 20, seconds + 8, 1)})
    with (
        running_server("fixed") as server,
        LoadTest(
            folder,
            *plan,
            "--scenario",
            "short",
            host=server.url,
            mode="workers",
            workers=1,
            expect_workers=2,
            environ=masters,
        ) as test,
    ):
        test.wait_for_console("Waiting for workers")
        with Memory(test.head.pid) as memory:
            fuzz(test, 1, seconds, peers)  # idle: the second worker is still to come
            test.add_worker()
            wait_until(lambda: server.requests() > 5, 40, "the run has begun")
            fuzz(test, 2, seconds, peers)
        return Fuzzed(test.outcome(within_s=seconds + 60), memory.grown)


CASES = {
    "with the token": (TOKEN, TOKEN),
    "without the token": (TOKEN, {}),
    "no token at all": ({}, {}),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, fuzz_s: float) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("fuzzed")
    jobs = {
        name: partial(_fuzzed, folder / name.replace(" ", "-"), masters, peers, fuzz_s)
        for name, (masters, peers) in CASES.items()
    }
    with Background(jobs) as background:
        yield background


@pytest.mark.parametrize("name", CASES)
def test_a_master_lives_through_messages_of_any_form(runs: Background, name: str) -> None:
    (masters, peers), outcome = CASES[name], runs[name].outcome
    assert runs[name].grown_bytes <= 300 * MEGABYTE
    assert "Traceback" not in outcome.console
    if peers == masters == TOKEN or not masters:
        assert outcome.status in ("PASS", "INVALID")  # a peer that may talk can spoil a run
    else:
        outcome.assert_passed_or_late()
