"""SIGINT and SIGTERM at any moment: what is in flight finishes, and the reports are written."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import pytest

from e2e.accounts import assert_accounts
from e2e.load_test import MODES, LoadTest, Mode
from e2e.outcome import Outcome
from e2e.plan_files import Fields, ramp, steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, Job

INT, TERM = signal.SIGINT, signal.SIGTERM
LATENCY_S = 0.8
RAMPED: Fields = ramp(30, 20, 3, 20)
STEADY: Fields = steady(30, 20, 2, 1)
"""With 30 users, 20/s and 0.8 s each, about 16 requests are in flight at any time."""


@dataclass(frozen=True)
class Interrupt:
    """`after_s` the first request; `everyone` gets the signal, as Ctrl+C in a terminal does it."""

    moment: str
    mode: Mode
    number: signal.Signals
    everyone: bool = False

    def __str__(self) -> str:
        whom = "everyone" if self.everyone else "the head"
        return f"{self.number.name} to {whom}, {self.mode}, {self.moment}"

    @property
    def scenario(self) -> Fields:
        return STEADY if self.moment == "drain" else RAMPED

    @property
    def after_s(self) -> float:
        return {"first request": 0.0, "ramp": 1.5, "hold": 4.0, "drain": 3.3}[self.moment]


MOMENTS = ("first request", "ramp", "hold", "drain")
SOME = (
    Interrupt("first request", "local", INT),
    Interrupt("hold", "local", TERM),
    Interrupt("ramp", "processes", INT, everyone=True),
    Interrupt("hold", "processes", TERM),
    Interrupt("ramp", "workers", TERM),
    Interrupt("drain", "workers", INT, everyone=True),
)
ALL = tuple(
    Interrupt(moment, mode, number, everyone)
    for moment, mode, number, everyone in product(MOMENTS, MODES, (INT, TERM), (False, True))
    if not (everyone and mode == "local")
)


def _interrupted(folder: Path, interrupt: Interrupt) -> tuple[Outcome, dict[str, Any], float]:
    options = write_plan(folder, {"light": interrupt.scenario})
    with (
        running_server("fixed", latency_ms=LATENCY_S * 1e3) as server,
        LoadTest(folder, *options, host=server.url, mode=interrupt.mode) as test,
    ):
        server.wait_into_load(interrupt.after_s)
        test.interrupt(interrupt.number, interrupt.everyone)
        signalled_s = perf_counter()
        outcome = test.outcome(within_s=30)
        return outcome, server.facts(), perf_counter() - signalled_s


def _waits_for_workers(folder: Path, everyone: bool) -> Outcome:
    """At DEBUG it says at once what it waits for."""
    options = [*write_plan(folder, {"light": STEADY}), "--loglevel", "DEBUG"]
    host = "http://127.0.0.1:9"
    with LoadTest(folder, *options, host=host, mode="workers", expect_workers=3) as test:
        test.wait_for_console("ready, 2 of 3 connected")
        test.interrupt(INT, everyone)
        return test.outcome(within_s=20)


def _waits_for_target(folder: Path) -> tuple[Outcome, float]:
    options = write_plan(folder, {"light": STEADY})
    with (
        running_server("silent") as server,
        LoadTest(folder, *options, host=server.url) as test,
    ):
        server.wait_for_requests(1, place="GET /")
        signalled_s = perf_counter()
        test.interrupt(TERM)
        outcome = test.outcome(within_s=20)
        return outcome, perf_counter() - signalled_s


def _pauses_before_retries(folder: Path) -> tuple[Outcome, dict[str, Any], float]:
    """Each of ten users has tried seven times, and pauses for 6.4 s."""
    options = write_plan(folder, {"light": steady(10, 10, 30, retries=10)})
    with (
        running_server("fixed", status=503) as server,
        LoadTest(folder, *options, host=server.url) as test,
    ):
        server.wait_for_requests(68)
        signalled_s = perf_counter()
        test.interrupt(TERM)
        outcome = test.outcome(within_s=20)
        return outcome, server.facts(), perf_counter() - signalled_s


def _signalled_twice(folder: Path) -> tuple[Outcome, dict[str, Any]]:
    options = write_plan(folder, {"light": RAMPED})
    with (
        running_server("silent", greets=True) as server,
        LoadTest(folder, *options, host=server.url) as test,
    ):
        server.wait_for_requests(10)
        test.interrupt(INT)
        sleep(1)
        assert not test.has_ended  # it waits for the answers
        test.interrupt(INT)
        return test.outcome(within_s=8), server.facts()


def _until_its_end(folder: Path) -> Outcome:
    """Signalled again and again, also while Locust waits for what it has forked."""
    options = write_plan(folder, {"light": steady(4, 20, 2)})
    with (
        running_server("fixed", latency_ms=5) as server,
        LoadTest(folder, *options, host=server.url, mode="processes") as test,
    ):
        test.wait_for_console("Reports: ")
        while not test.has_ended:
            test.interrupt(TERM)
            sleep(0.02)
        return test.outcome(within_s=20)


def _after_the_verdict(folder: Path) -> Outcome:
    """A master still sees to it that its workers end."""
    options = write_plan(folder, {"light": steady(4, 20, 2)})
    with (
        running_server("fixed", latency_ms=5) as server,
        LoadTest(folder, *options, host=server.url, mode="workers") as test,
    ):
        test.wait_for_console("Reports: ")
        test.interrupt(TERM)
        return test.outcome(within_s=20)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        str(interrupt): partial(_interrupted, folder / str(position), interrupt)
        for position, interrupt in enumerate(SOME)
    }
    jobs |= {
        "for workers, the head": partial(_waits_for_workers, folder / "head", everyone=False),
        "for workers, everyone": partial(_waits_for_workers, folder / "all", everyone=True),
        "for the target": partial(_waits_for_target, folder / "target"),
        "before retries": partial(_pauses_before_retries, folder / "retries"),
        "twice": partial(_signalled_twice, folder / "twice"),
        "until its end": partial(_until_its_end, folder / "end"),
        "after the verdict": partial(_after_the_verdict, folder / "after"),
    }
    with Background(jobs) as background:
        yield background


@pytest.mark.parametrize("interrupt", SOME, ids=str)
def test_an_interrupted_run_accounts_for_everything(runs: Background, interrupt: Interrupt) -> None:
    _assert_in_order(interrupt, *runs[str(interrupt)])


@pytest.mark.long
def test_every_moment_mode_and_signal(tmp_path: Path) -> None:
    jobs: dict[str, Job] = {
        str(each): partial(_interrupted, tmp_path / str(position), each)
        for position, each in enumerate(ALL)
    }
    broken = []
    with Background(jobs) as background:
        for each in ALL:
            try:
                _assert_in_order(each, *background[str(each)])
            except AssertionError as error:
                broken.append(f"{each}: {error}")
    assert not broken, "\n".join(broken)


def _assert_in_order(
    interrupt: Interrupt, outcome: Outcome, facts: dict[str, Any], took_s: float
) -> None:
    outcome.assert_came_to(128 + interrupt.number, "INVALID")
    assert outcome.result["exit_code"] == outcome.exit_code
    assert outcome.result["end"]["reason"] == interrupt.number.name.lower()
    assert "interrupted" in outcome.complaints["completed"]
    assert_accounts(outcome, facts)
    assert outcome.sum("succeeded") == outcome.sum("started") > 0  # all in flight came to an end
    assert took_s < 6


def test_a_second_signal_cuts_off_what_is_in_flight(runs: Background) -> None:
    outcome, facts = runs["twice"]
    assert outcome.exit_code == 130
    assert outcome.sum("censored") == outcome.sum("started") >= 10
    assert_accounts(outcome, facts)


def test_a_pause_before_a_retry_ends_at_once(runs: Background) -> None:
    outcome, facts, took_s = runs["before retries"]
    assert took_s < 4
    assert outcome.exit_code == 143
    assert_accounts(outcome, facts)


@pytest.mark.parametrize("whom", ["the head", "everyone"])
def test_a_signal_while_waiting_for_workers_leaves_no_worker(runs: Background, whom: str) -> None:
    outcome = runs[f"for workers, {whom}"]
    assert outcome.exit_code == 130
    assert not outcome.results


def test_a_signal_while_the_target_is_awaited_ends_the_wait(runs: Background) -> None:
    outcome, took_s = runs["for the target"]
    assert took_s < 4
    outcome.assert_came_to(143, "INVALID")


def test_a_verdict_that_stands_is_not_undone_by_a_signal(runs: Background) -> None:
    runs["after the verdict"].assert_came_to(0, "PASS")


def test_nor_do_signals_cut_off_what_is_left_to_do_then(runs: Background) -> None:
    outcome: Outcome = runs["until its end"]
    outcome.assert_came_to(0, "PASS")
    assert "Traceback" not in outcome.console
