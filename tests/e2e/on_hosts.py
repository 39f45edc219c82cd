"""A load test on hosts of its own: master, three workers, target, and a slow link to the master.

The workers' port is encrypted and wants a token.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from e2e.hosts import Host, Hosts
from e2e.load_test import LoadTest
from e2e.plan_files import steady, write_plan
from e2e.seen import Seen
from e2e.truth_server import TESTS, TruthServer, running_server
from e2e.waiting import wait_until
from e2e.wall_clock import WallClock
from target_app.children import start_child, stop_child

WORKERS = ("worker-0", "worker-1", "worker-2")
NAMES = ("head", *WORKERS, "target", "slow")
MASTER_PORT = 5557
"""On a host of its own it is always free."""
RATE, USERS, WARM_UP_S = 60, 12, 1.5
LATENCY_MS = 30
TOKEN = {"JOBLOAD_TOKEN": "0123456789abcdef" * 2}
CLOCK_WRONG_S = 300.0
SLOW = {"delay_s": 0.15, "bytes_per_s": 100_000}


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

    def _host(self, name: str) -> Host:
        return self._hosts[name]

    def _at_master(self, name: str) -> list[str]:
        host, port = self._behind.get(name, ("head", self.port))
        return ["--master-host", host, "--master-port", str(port)]

    def _environ_of(self, worker: str) -> dict[str, str]:
        clock = self._clocks.get(worker)
        return self._worker_environ | (clock.environ if clock else {})


Trouble = Callable[[Hosts, OnHosts], None]


def run_on_hosts(
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
