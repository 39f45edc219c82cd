"""Processes that are killed, stopped, cut off or late: named, counted, and never a PASS."""

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import perf_counter, sleep

import pytest

from e2e.accounts import assert_accounts
from e2e.cuttable_link import cuttable_link
from e2e.load_test import LoadTest, Mode, run_locust
from e2e.plan_files import steady, write_plan
from e2e.seen import Seen
from e2e.truth_server import TruthServer, running_server
from e2e.waiting import Background, Job, wait_until

RATE, HOLD_S = 60, 8
LATENCY_MS = 30


def _wait_into_hold(server: TruthServer, seconds: float) -> None:
    """After the first request come two seconds of warm-up."""
    server.wait_for_requests(1)
    sleep(max(0.0, server.arrivals_s()[0] + 2 + seconds - perf_counter()))


def _killed(folder: Path, mode: Mode, victims: int, rate: int = RATE, hold_s: int = HOLD_S) -> Seen:
    options = write_plan(folder, {"light": steady(20, rate, hold_s)})
    with (
        running_server("fixed", latency_ms=LATENCY_MS) as server,
        LoadTest(folder, *options, host=server.url, mode=mode) as test,
    ):
        _wait_into_hold(server, hold_s / 2)
        pids = test.forked_workers() if mode == "processes" else [w.pid for w in test.workers]
        for pid in pids[:victims]:
            os.kill(pid, signal.SIGKILL)
        outcome = test.outcome(within_s=hold_s + 40)
        return Seen(outcome, server.facts(), server.arrivals_s())


def _stopped(folder: Path) -> Seen:
    options = write_plan(folder, {"light": steady(20, RATE, 14)})
    with (
        running_server("fixed", latency_ms=LATENCY_MS) as server,
        LoadTest(folder, *options, host=server.url, mode="workers") as test,
    ):
        _wait_into_hold(server, 2)
        test.workers[0].send_signal(signal.SIGSTOP)
        sleep(9)
        test.workers[0].send_signal(signal.SIGCONT)
        outcome = test.outcome(within_s=50)
        return Seen(outcome, server.facts(), server.arrivals_s())


def _late(folder: Path) -> Seen:
    options = write_plan(folder, {"light": steady(20, RATE, HOLD_S)})
    with (
        running_server("fixed", latency_ms=LATENCY_MS) as server,
        LoadTest(folder, *options, host=server.url, mode="workers", workers=1) as test,
    ):
        _wait_into_hold(server, 1)
        test.add_worker()
        outcome = test.outcome(within_s=50)
        return Seen(outcome, server.facts(), server.arrivals_s())


def _orphaned(folder: Path, mode: Mode) -> tuple[Seen, float]:
    """What came of a run on the port of a master that was killed, and how long its load went on."""
    options = write_plan(folder, {"light": steady(20, RATE, 60)})
    again = write_plan(folder / "again", {"light": steady(20, RATE, 5)})
    with (
        running_server("fixed", latency_ms=LATENCY_MS) as server,
        running_server("fixed", latency_ms=LATENCY_MS) as next_server,
        LoadTest(folder, *options, host=server.url, mode=mode) as test,
    ):
        _wait_into_hold(server, 2)
        test.head.kill()
        killed_s = perf_counter()
        outcome = run_locust(
            folder / "again", *again, host=next_server.url, mode="workers", port=test.port
        )
        wait_until(lambda: perf_counter() > killed_s + 10, 15, "ten seconds have passed")
        seen = Seen(outcome, next_server.facts(), next_server.arrivals_s())
        return seen, server.arrivals_s()[-1] - killed_s


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "stopped": partial(_stopped, folder / "stopped"),
        "orphaned": partial(_orphaned, folder / "orphaned", "workers"),
        "one killed": partial(_killed, folder / "one", "workers", victims=1),
        "all killed": partial(_killed, folder / "all", "workers", victims=2),
        "late": partial(_late, folder / "late"),
    }
    with Background(jobs) as background:
        yield background


def test_a_killed_worker_is_named_and_the_counts_add_up(runs: Background) -> None:
    _assert_one_lost(runs["one killed"])


@pytest.mark.long
@pytest.mark.parametrize("mode", ["processes", "workers"])
def test_a_worker_is_killed_in_sixty_seconds_at_200_a_second(tmp_path: Path, mode: Mode) -> None:
    _assert_one_lost(_killed(tmp_path, mode, victims=1, rate=200, hold_s=60), rate=200)


def _assert_one_lost(seen: Seen, rate: int = RATE) -> None:
    outcome = seen.outcome
    outcome.assert_came_to(3, "INVALID")
    workers = outcome.result["topology"]["workers"]
    (lost,) = [worker for worker in workers if worker["status"] == "lost"]
    assert [w["status"] for w in workers if w is not lost] == ["complete"]
    complaint = outcome.complaints["workers-complete"]
    assert lost["id"] in complaint
    assert "last heard" in complaint
    assert "in flight" in complaint
    assert_accounts(outcome)
    unreported = seen.sent - outcome.sum("attempts")
    assert 0 <= unreported <= rate  # half the rate, for up to a second and what it takes to be told
    assert seen.most_per_second() <= 1.2 * rate + 5


def test_a_run_whose_workers_are_all_killed_ends_as_invalid(runs: Background) -> None:
    seen = runs["all killed"]
    outcome = seen.outcome
    outcome.assert_came_to(3, "INVALID")
    statuses = [worker["status"] for worker in outcome.result["topology"]["workers"]]
    assert statuses == ["lost", "lost"]
    assert_accounts(outcome)
    assert 0 <= seen.sent - outcome.sum("attempts") <= 1.5 * RATE


def test_a_worker_that_stood_still_for_nine_seconds_is_listed(runs: Background) -> None:
    outcome = runs["stopped"].outcome
    outcome.assert_came_to(3, "INVALID")
    silences_s = [w["longest_silence_s"] for w in outcome.result["topology"]["workers"]]
    assert max(silences_s) > 8
    assert "silent for" in outcome.complaints["no-stall"]
    assert_accounts(outcome)


def test_a_late_worker_gets_the_current_stage_and_is_declared(runs: Background) -> None:
    seen = runs["late"]
    outcome = seen.outcome
    outcome.assert_passed_or_late()
    first, late = outcome.result["topology"]["workers"]
    assert (first["late"], late["late"]) == (False, True)
    assert late["requests"] > RATE
    assert f"{late['id']} joined late" in outcome.validity("workers-complete")["actual"]
    assert_accounts(outcome, seen.facts)
    hold = outcome.stage()
    assert hold["offered"] == pytest.approx(RATE * HOLD_S, rel=0.05)


def test_load_ends_with_the_master_and_its_orphans_do_not_count_in_the_next_run(
    runs: Background,
) -> None:
    _assert_orphaned(*runs["orphaned"])


@pytest.mark.long
def test_load_ends_with_the_master_of_forked_workers(tmp_path: Path) -> None:
    _assert_orphaned(*_orphaned(tmp_path, "processes"))


def _assert_orphaned(seen: Seen, loaded_s: float) -> None:
    assert loaded_s < 10
    seen.outcome.assert_passed_or_late()
    assert_accounts(seen.outcome, seen.facts)
    assert seen.outcome.stage()["offered"] == pytest.approx(RATE * 5, rel=0.05)


@pytest.mark.long
def test_workers_that_are_cut_off_send_nothing_more(tmp_path: Path) -> None:
    options = write_plan(tmp_path, {"light": steady(20, RATE, 25)})
    with (
        running_server("fixed", latency_ms=LATENCY_MS) as server,
        LoadTest(
            tmp_path, *options, host=server.url, mode="workers", workers=0, expect_workers=2
        ) as test,
        cuttable_link(test.port) as link,
    ):
        master_port, test.port = test.port, link.port
        for _ in range(2):
            test.add_worker()
        test.port = master_port
        _wait_into_hold(server, 3)
        cut_s = perf_counter()
        link.cut()
        sleep(10)
        link.mend()
        mended_s = perf_counter()
        outcome = test.outcome(within_s=60)
        seen = Seen(outcome, server.facts(), server.arrivals_s())
    outcome.assert_came_to(3, "INVALID")
    assert not [at_s for at_s in seen.arrivals_s if cut_s + 4.5 < at_s < mended_s]
    assert seen.most_per_second() <= 1.2 * RATE + 5
    assert_accounts(outcome)
