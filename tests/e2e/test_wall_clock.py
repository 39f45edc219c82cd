"""V15: the wall clock steps in mid-run, and nothing of the run takes notice."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Literal

import pytest

from e2e.accounts import assert_accounts
from e2e.load_test import LoadTest
from e2e.outcome import Outcome
from e2e.plan_files import Fields, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, Job
from e2e.wall_clock import WallClock

pytestmark = pytest.mark.timed

Whose = Literal["local", "master", "workers", "all"]

STEPS_AFTER_S = 2.4
"""The first request: then come users more, which workers must be told of, and then fewer."""
STAGES = (("warm-up", 1.0, 6, 30), ("before", 3.0, 6, 60), ("more", 3.0, 12, 120))
LENGTH_S = sum(duration_s for _, duration_s, _, _ in STAGES)
PLANNED = sum(duration_s * rate for _, duration_s, _, rate in STAGES)


@dataclass(frozen=True)
class Step:
    seconds: float
    whose: Whose

    def __str__(self) -> str:
        return f"{self.seconds:+g} s, {self.whose}"


SHORT: tuple[Whose, ...] = ("local", "all")
WHOSE: tuple[Whose, ...] = (*SHORT, "master", "workers")
SOME = tuple(Step(seconds, whose) for seconds, whose in product((-41, 3600), SHORT))
ALL = tuple(Step(seconds, whose) for seconds, whose in product((-3600, -41, -5, 5, 3600), WHOSE))


@dataclass(frozen=True)
class Seen:
    outcome: Outcome
    facts: dict[str, Any]
    arrivals_s: list[float]


def _plan(folder: Path, stretched: float = 1.0) -> list[str]:
    stages: list[Fields] = [
        {
            "name": name,
            "duration": f"{stretched * duration_s}s",
            "users": users,
            "rate": rate,
            "judged": name != "warm-up",
        }
        for name, duration_s, users, rate in STAGES
    ]
    checks = [{"metric": "error_rate", "expect": "<= 1%"}]
    return write_plan(
        folder,
        {"light": {"shape": "staged", "stages": stages, "payload_bytes": 256}},
        {"light": checks},
    )


def _stepped(folder: Path, step: Step, interrupts: bool = False) -> Seen:
    """A run that is interrupted is so a second after the step, and would last a minute."""
    options = _plan(folder, stretched=10.0 if interrupts else 1.0)
    clocks = {name: WallClock(folder / f"{name}.clock") for name in ("master", "workers")}
    with (
        running_server("fixed", latency_ms=5) as server,
        LoadTest(
            folder,
            *options,
            host=server.url,
            mode="local" if step.whose == "local" else "workers",
            environ=clocks["master"].environ,
            worker_environ=clocks["workers"].environ,
        ) as test,
    ):
        server.wait_for_requests(1)
        sleep(max(0.0, server.arrivals_s()[0] + STEPS_AFTER_S - perf_counter()))
        for name, clock in clocks.items():
            if step.whose in (name, "all") or (step.whose, name) == ("local", "master"):
                clock.step(step.seconds)
        if interrupts:
            sleep(1.0)
            test.interrupt(signal.SIGTERM)
        outcome = test.outcome(within_s=10.0 if interrupts else LENGTH_S + 15)
        return Seen(outcome, server.facts(), server.arrivals_s())


def _jobs(folder: Path, steps: tuple[Step, ...]) -> dict[str, Job]:
    jobs: dict[str, Job] = {}
    for position, step in enumerate(steps):
        jobs[str(step)] = partial(_stepped, folder / f"{position}", step)
        jobs[f"{step}, SIGTERM"] = partial(_stepped, folder / f"{position}-term", step, True)
    return jobs


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    with Background(_jobs(tmp_path_factory.mktemp("steps"), SOME), at_once=3) as background:
        yield background


@pytest.mark.parametrize("step", SOME, ids=str)
def test_a_step_of_the_wall_clock_changes_nothing(runs: Background, step: Step) -> None:
    _assert_as_without(runs[str(step)])


@pytest.mark.parametrize("step", SOME, ids=str)
def test_sigterm_ends_a_run_whose_clock_was_stepped(runs: Background, step: Step) -> None:
    _assert_interrupted(runs[f"{step}, SIGTERM"])


@pytest.mark.long
def test_every_step_of_every_clock(tmp_path: Path) -> None:
    broken = []
    with Background(_jobs(tmp_path, ALL), at_once=2) as background:
        for step in ALL:
            try:
                _assert_as_without(background[str(step)])
                _assert_interrupted(background[f"{step}, SIGTERM"])
            except AssertionError as error:
                broken.append(f"{step}: {error}")
    assert not broken, "\n".join(broken)


def _assert_as_without(seen: Seen) -> None:
    seen.outcome.assert_came_to(0, "PASS")
    assert_accounts(seen.outcome, seen.facts)
    loaded_s = seen.arrivals_s[-1] - seen.arrivals_s[0]
    assert loaded_s == pytest.approx(LENGTH_S, abs=0.15)
    assert len(seen.arrivals_s) == pytest.approx(PLANNED, rel=0.01)


def _assert_interrupted(seen: Seen) -> None:
    seen.outcome.assert_came_to(128 + signal.SIGTERM, "INVALID")
    assert seen.outcome.result["end"]["reason"] == "sigterm"
    assert_accounts(seen.outcome, seen.facts)
