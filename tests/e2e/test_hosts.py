"""Master, three workers and target on hosts of their own, and what may happen between them.

The hosts are network namespaces (see hosts.py).
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any

import psutil
import pytest

from e2e.accounts import assert_accounts
from e2e.hosts import Hosts, why_no_hosts
from e2e.on_hosts import RATE, WORKERS, OnHosts, run_on_hosts
from e2e.seen import Seen
from e2e.truth_server import TESTS
from e2e.waiting import Background, Job, wait_until

NO_HOSTS = why_no_hosts()
pytestmark = pytest.mark.skipif(NO_HOSTS is not None, reason=NO_HOSTS or "")

SILENT_S = 3.0
"""After so long without the master's word a worker starts nothing new."""


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
            run_on_hosts,
            folder / "second",
            8,
            partial(_down, 1.0),
            wrong_clock=["worker-0"],
            slow=["worker-1"],
        ),
        "ten seconds": partial(run_on_hosts, folder / "ten", 16, partial(_down, 10.0)),
        "one way": partial(run_on_hosts, folder / "one-way", 16, _one_way),
        "gone": partial(run_on_hosts, folder / "gone", 7, _gone),
        "names": partial(
            run_on_hosts,
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
    """But for what the workers were late with by their own word, and made up for: on a busy machine
    the whole second may wait. Who hears nothing plans nothing, and has nothing to make up for."""
    late_ms = max(stage["generator"]["lateness_max_ms"] or 0.0 for stage in seen.outcome.stages)
    assert seen.most_per_second() <= (1.1 + late_ms / 1e3) * RATE


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
