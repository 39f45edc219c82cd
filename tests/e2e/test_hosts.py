"""Master, three workers and target on hosts of their own, and what may happen between them.

The hosts are network namespaces (see hosts.py), the workers' port is encrypted and wants a token.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import psutil
import pytest

from e2e.accounts import assert_accounts
from e2e.hosts import Hosts, why_no_hosts
from e2e.load_test import LoadTest
from e2e.plan_files import steady, write_plan
from e2e.seen import Seen
from e2e.truth_server import TESTS, TruthServer, running_server
from e2e.waiting import Background, Job, wait_until
from e2e.wall_clock import WallClock
from target_app.children import start_child, stop_child

NO_HOSTS = why_no_hosts()
pytestmark = pytest.mark.skipif(NO_HOSTS is not None, reason=NO_HOSTS or "")

WORKERS = ("worker-0", "worker-1", "worker-2")
NAMES = ("head", *WORKERS, "target", "slow")
RATE, USERS, WARM_UP_S = 60, 12, 1.5
LATENCY_MS = 30
TOKEN = {"JOBLOAD_TOKEN": "0123456789abcdef" * 2}
CLOCK_WRONG_S = 300.0
SLOW = {"delay_s": 0.15, "bytes_per_s": 100_000}
SILENT_S = 3.0
"""After so long without the master's word a worker starts nothing new."""


class OnHosts(LoadTest):
    """Each process on the host of its name; `behind` is where the workers named look for the
    master, `clocks` whose wall clock is wrong."""

    bind_host = "0.0.0.0"

    def __init__(
        self,
        hosts: Hosts,
        folder: Path,
        *options: str,
        behind: dict[str, tuple[str, int]],
        clocks: dict[str, WallClock],
        **settings: Any,
    ) -> None:
        self._hosts, self._behind, self._clocks = hosts, behind, clocks
        super().__init__(folder, *options, mode="workers", environ=TOKEN, **settings)

    def _inside(self, name: str) -> list[str]:
        return self._hosts[name].inside

    def _at_master(self, name: str) -> list[str]:
        host, port = self._behind.get(name, ("head", self.port))
        return ["--master-host", host, "--master-port", str(port)]

    def _environ_of(self, worker: str) -> dict[str, str]:
        clock = self._clocks.get(worker)
        return self._worker_environ | (clock.environ if clock else {})


Trouble = Callable[[Hosts, OnHosts], None]


def _run(
    folder: Path,
    hold_s: float,
    trouble: Trouble,
    *,
    slow: Sequence[str] = (),
    wrong_clock: Sequence[str] = (),
    unknown: dict[str, str] | None = None,
    expect_workers: int = len(WORKERS),
) -> Seen:
    """`unknown` is what the host of that name does not know another by."""
    scenario = steady(USERS, RATE, hold_s, WARM_UP_S, timeout="5s", retries=0)
    checks = [{"metric": "error_rate", "expect": "<= 1%"}]
    options = write_plan(folder, {"light": scenario}, {"light": checks})
    clocks = {name: WallClock(folder / f"{name}.clock") for name in wrong_clock}
    for clock in clocks.values():
        clock.step(CLOCK_WRONG_S)
    with Hosts(folder / "hosts", NAMES) as hosts:
        for name, other in (unknown or {}).items():
            hosts[name].knows({n: address for n, address in hosts.names.items() if n != other})
        with (
            running_server("fixed", hosts["target"], latency_ms=LATENCY_MS) as server,
            _slow_link(folder, hosts) as port,
            OnHosts(
                hosts,
                folder,
                *options,
                host=server.url,
                workers=len(WORKERS),
                expect_workers=expect_workers,
                port=MASTER_PORT,
                behind=dict.fromkeys(slow, ("slow", port)),
                clocks=clocks,
            ) as test,
        ):
            _wait_into_hold(server, 1.5)
            trouble(hosts, test)
            outcome = test.outcome(within_s=hold_s + 40)
            return Seen(outcome, server.facts(), server.arrivals_s())


MASTER_PORT = 5557
"""On a host of its own it is always free."""


@contextmanager
def _slow_link(folder: Path, hosts: Hosts) -> Iterator[int]:
    to = {"address": hosts["slow"].address, "to_host": "head", "to_port": MASTER_PORT}
    command = [sys.executable, "-m", "e2e.servers.slow_link", json.dumps(to | SLOW)]
    said = folder / "slow-link.log"
    with said.open("wb") as output:
        process = start_child(
            [*hosts["slow"].inside, *command],
            environ=os.environ | {"PYTHONPATH": str(TESTS)},
            output=output,
        )
    try:
        wait_until(lambda: said.read_bytes().endswith(b"}\n"), 10, "the slow link is there")
        yield json.loads(said.read_text())["port"]
    finally:
        stop_child(process, 5)


def _wait_into_hold(server: TruthServer, seconds: float) -> None:
    server.wait_for_requests(1)
    sleep(max(0.0, server.arrivals_s()[0] + WARM_UP_S + seconds - perf_counter()))


# --- what happens to them -------------------------------------------------------------------


def _down(for_s: float, hosts: Hosts, _: OnHosts) -> None:
    hosts.unplug("worker-2")
    sleep(for_s)
    hosts.plug("worker-2")


def _one_way(hosts: Hosts, _: OnHosts) -> None:
    """The first hears nothing any more, the second is not heard."""
    hosts.lose("head", "worker-0")
    hosts.lose("worker-1", "head")
    sleep(10)
    hosts.find("head", "worker-0")
    hosts.find("worker-1", "head")


def _gone(hosts: Hosts, test: OnHosts) -> None:
    """As when its power fails."""
    hosts.take_away("worker-0")
    test.workers[0].kill()


def _learns_the_name(hosts: Hosts, _: OnHosts) -> None:
    hosts["worker-1"].knows(hosts.names)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "a second": partial(
            _run,
            folder / "second",
            8,
            partial(_down, 1.0),
            wrong_clock=["worker-0"],
            slow=["worker-1"],
        ),
        "ten seconds": partial(_run, folder / "ten", 16, partial(_down, 10.0)),
        "one way": partial(_run, folder / "one-way", 16, _one_way),
        "gone": partial(_run, folder / "gone", 7, _gone),
        "names": partial(
            _run,
            folder / "names",
            7,
            _learns_the_name,
            unknown={"worker-0": "target", "worker-1": "head"},
            expect_workers=2,
        ),
    }
    with Background(jobs, at_once=3) as background:
        yield background


def _worker(seen: Seen, name: str) -> dict[str, Any]:
    """Workers are called after their hosts."""
    workers = seen.outcome.result["topology"]["workers"]
    (found,) = [w for w in workers if w["id"].startswith(f"{name}_")]
    worker: dict[str, Any] = found
    return worker


def _statuses(seen: Seen) -> list[str]:
    return [_worker(seen, name)["status"] for name in WORKERS]


def _assert_never_more_than_planned(seen: Seen) -> None:
    """Until any moment. What waited for a link may be caught up, and so be more in one second."""
    assert seen.most_ahead(RATE) <= 0.3 * RATE


def _assert_never_faster_than_planned(seen: Seen) -> None:
    """But for one request of each user that was on its way."""
    assert seen.most_per_second() <= 1.1 * RATE + USERS / len(WORKERS)


def test_a_second_without_a_link_a_slow_one_and_a_wrong_clock_cost_nothing(
    runs: Background,
) -> None:
    seen: Seen = runs["a second"]
    seen.outcome.assert_came_to(0, "PASS")
    assert _statuses(seen) == ["complete"] * 3
    assert_accounts(seen.outcome, seen.facts)
    assert seen.outcome.stage()["offered"] == pytest.approx(RATE * 8, rel=0.01)
    assert seen.outcome.sum("missed") == 0
    assert all(_worker(seen, name)["requests"] > RATE for name in WORKERS)
    assert 0.8 < _worker(seen, "worker-2")["longest_silence_s"] < SILENT_S
    _assert_never_more_than_planned(seen)


def test_a_link_that_is_down_for_ten_seconds_is_invalid_and_named(runs: Background) -> None:
    seen: Seen = runs["ten seconds"]
    seen.outcome.assert_came_to(3, "INVALID")
    assert f"worker {_worker(seen, 'worker-2')['id']}" in " ".join(seen.outcome.complaints.values())
    assert _statuses(seen)[:2] == ["complete"] * 2
    _assert_never_more_than_planned(seen)
    assert_accounts(seen.outcome)
    assert 0 <= seen.sent - seen.outcome.sum("attempts") <= RATE


def test_a_way_that_is_lost_in_one_direction_is_invalid_and_never_doubles_the_load(
    runs: Background,
) -> None:
    seen: Seen = runs["one way"]
    seen.outcome.assert_came_to(3, "INVALID")
    complaints = " ".join(seen.outcome.complaints.values())
    for name in ("worker-0", "worker-1"):
        assert f"worker {_worker(seen, name)['id']}" in complaints
    assert _statuses(seen)[2] == "complete"
    _assert_never_more_than_planned(seen)
    _assert_never_faster_than_planned(seen)
    assert_accounts(seen.outcome)


def test_a_host_that_is_gone_is_named_with_what_went_with_it(runs: Background) -> None:
    seen: Seen = runs["gone"]
    seen.outcome.assert_came_to(3, "INVALID")
    assert _statuses(seen) == ["lost", "complete", "complete"]
    complaint = seen.outcome.complaints["workers-complete"]
    assert _worker(seen, "worker-0")["id"] in complaint
    assert "in flight" in complaint
    assert_accounts(seen.outcome)
    assert 0 <= seen.sent - seen.outcome.sum("attempts") <= RATE
    _assert_never_faster_than_planned(seen)


def test_a_worker_that_does_not_know_the_target_by_name_fails_what_it_has_to_do(
    runs: Background,
) -> None:
    seen: Seen = runs["names"]
    seen.outcome.assert_came_to(1, "FAIL")
    errors = [error for stage in seen.outcome.stages for error in stage["errors"]]
    assert {error["kind"] for error in errors} <= {"dns", "connect-timeout"}
    assert all("target" in error["example"] for error in errors)
    assert_accounts(seen.outcome)
    assert seen.outcome.sum("failed") == _worker(seen, "worker-0")["requests"]
    assert seen.outcome.sum("succeeded") == seen.sent


def test_a_worker_that_learns_its_masters_name_late_joins_late(runs: Background) -> None:
    seen: Seen = runs["names"]
    late = _worker(seen, "worker-1")
    assert (late["late"], late["status"]) == (True, "complete")
    assert late["requests"] > 0


def test_a_test_that_is_killed_leaves_no_process_and_no_network(tmp_path: Path) -> None:
    script = """
import sys, json
from pathlib import Path
from time import sleep
from e2e.hosts import Hosts
from target_app.children import start_child
with Hosts(Path(sys.argv[1]), ["one", "two"]) as hosts:
    print(start_child([*hosts["one"].inside, "sleep", "300"]).pid, flush=True)
    sleep(300)
"""
    environ = os.environ | {"PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-c", script, str(tmp_path / "hosts")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as test:
        assert test.stdout is not None
        pid = int(test.stdout.readline())
        wait_until(lambda: _network(pid) != _network(os.getpid()), 10, "it runs on its host")
        own = [pid, *(child.pid for child in psutil.Process(test.pid).children())]
        networks = {_network(each) for each in own} - {_network(os.getpid())}
        assert len(networks) == 3
        test.send_signal(signal.SIGKILL)
    wait_until(lambda: not networks & _networks(), 10, "all networks are gone")


def _network(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def _networks() -> set[str]:
    """A network lasts as long as its last process."""
    found = set()
    for pid in psutil.pids():
        with suppress(OSError):
            found.add(_network(pid))
    return found
