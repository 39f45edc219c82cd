"""SIGTERM ends a process whatever waits in it: a listener that never returns, in any event, or a
task that lets nobody have a turn."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import pytest

from e2e.any_locustfile import ANYBODY
from e2e.load_test import JOBLOAD, LOCUSTFILES, LoadTest, Mode
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, Job

DRAIN_S = 0.5
ENDS_WITHIN_S = DRAIN_S + 13 + 5
"""What a worker may take for its last word and to leave; the rest is for a busy machine."""


@dataclass(frozen=True)
class Waiting:
    event: str
    mode: Mode

    @property
    def loads(self) -> bool:
        """Such a master waits before it has begun the first scenario."""
        return (self.event, self.mode) != ("spawning_complete", "workers")

    def __str__(self) -> str:
        return f"{self.event}, {self.mode}"


SOME = (
    Waiting("spawning_complete", "local"),
    Waiting("test_stopping", "local"),
    Waiting("test_stop", "local"),
    Waiting("quitting", "local"),
    Waiting("spawning_complete", "workers"),
    Waiting("test_stopping", "workers"),
    Waiting("quitting", "workers"),
)


def _told_to_end(folder: Path, waiting: Waiting) -> tuple[Outcome, float]:
    scenario = steady(5, 20, 60, 1, timeout=f"{DRAIN_S}s", retries=0)
    with (
        running_server("fixed", latency_ms=5) as server,
        LoadTest(
            folder,
            *write_plan(folder, {"light": scenario}),
            host=server.url,
            mode=waiting.mode,
            locustfile=LOCUSTFILES / "waiting.py",
            environ={"E2E_EVENT": waiting.event},
        ) as test,
    ):
        test.wait_for_console("against")
        if waiting.loads:
            server.wait_for_requests(20)
        told_s = perf_counter()
        test.interrupt(signal.SIGTERM, everyone=True)
        return test.outcome(within_s=40), perf_counter() - told_s


def _computes(folder: Path, mode: Mode) -> tuple[Outcome, float]:
    """Forked workers are told to end by the end of their master, which gives them up as lost."""
    options = [*write_plan(folder, {"light": steady(1, None, 60, 1)}), "--scenario", "light"]
    with (
        running_server("fixed", latency_ms=5, status=200) as server,
        LoadTest(
            folder, *options, host=server.url, mode=mode, workers=1,
            locustfile=ANYBODY / "computing.py", program=[str(JOBLOAD), "run"],
        ) as test,
    ):  # fmt: skip
        server.wait_for_requests(1, place="GET /items")
        if mode == "local":
            test.wait_for_console("lets nobody have a turn")
        told_s = perf_counter()
        if mode == "local":
            test.interrupt(signal.SIGTERM)
        return test.outcome(within_s=40), perf_counter() - told_s


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        str(w): partial(_told_to_end, folder / f"{at}", w) for at, w in enumerate(SOME)
    }
    jobs["computes, local"] = partial(_computes, folder / "local", "local")
    jobs["computes, processes"] = partial(_computes, folder / "processes", "processes")
    with Background(jobs) as background:
        yield background


@pytest.mark.parametrize("waiting", SOME, ids=str)
def test_a_listener_that_never_returns_keeps_nobody(runs: Background, waiting: Waiting) -> None:
    outcome, took_s = runs[str(waiting)]
    outcome.assert_came_to(128 + signal.SIGTERM, "INVALID")
    assert outcome.result["end"]["reason"] == "sigterm"
    assert took_s < ENDS_WITHIN_S


def test_a_task_that_lets_nobody_have_a_turn_keeps_no_process(runs: Background) -> None:
    outcome, took_s = runs["computes, local"]
    assert outcome.exit_code == 128 + signal.SIGTERM
    assert "without a pause since it was told to end" in outcome.console
    assert took_s < ENDS_WITHIN_S


def test_nor_does_it_keep_a_worker_whose_master_has_ended(runs: Background) -> None:
    outcome, _ = runs["computes, processes"]
    outcome.assert_came_to(3, "INVALID")
    assert "the last worker was lost" in outcome.result["end"]["detail"]
