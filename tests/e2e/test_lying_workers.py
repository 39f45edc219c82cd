"""Workers that hold the token and lie without end: INVALID, soon and in bounded memory.

By itself, since it is about how long the master takes.
"""

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

pytestmark = pytest.mark.timed

LIAR = Path(__file__).with_name("lying_worker.py")
LIES = (
    "stages",
    "endpoints",
    "many endpoints",
    "kinds",
    "ledger entries",
    "ledger keys",
    "seconds",
    "reports",
)
TOKEN = {"JOBLOAD_TOKEN": "t" * 32}
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Lied:
    outcome: Outcome
    memory: Memory


def _lied_to(folder: Path, lie: str) -> Lied:
    plan = write_plan(folder / "plan", {"short": steady(4, 20, 3, 1)})
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
            environ=TOKEN,
        ) as test,
    ):
        liar = subprocess.Popen(
            [sys.executable, str(LIAR), str(test.port), lie],
            env=os.environ | TOKEN | {"PYTHONPATH": str(LIAR.parents[1])},
        )
        try:
            test.wait_for_console("Run 2")
            with Memory(test.head.pid) as memory:
                wait_until(lambda: test.has_ended, 40, "the master has ended")
        finally:
            liar.kill()
            liar.wait()
        return Lied(test.outcome(within_s=10), memory)


@pytest.fixture(scope="module")
def lies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("lies")
    jobs = {lie: partial(_lied_to, folder / lie.replace(" ", "-"), lie) for lie in LIES}
    with Background(jobs, at_once=2) as background:
        yield background


@pytest.mark.parametrize("lie", LIES)
def test_a_worker_that_lies_makes_the_run_invalid_in_bounded_memory_and_time(
    lies: Background, lie: str
) -> None:
    outcome, memory = lies[lie].outcome, lies[lie].memory
    outcome.assert_came_to(3, "INVALID")
    assert "messages-trusted" in outcome.complaints
    assert "liar" in outcome.complaints["messages-trusted"]
    assert memory.most - memory.before <= 300 * MEGABYTE
    assert outcome.result["duration_s"] <= 4 + 5
