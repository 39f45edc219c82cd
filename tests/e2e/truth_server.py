"""Servers of known truth (`servers/`), as processes of their own."""

import contextlib
import http.client
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from e2e.hosts import Host
from e2e.nursery import Process, started_module
from e2e.waiting import wait_until
from target_app.children import stop_child

TESTS = Path(__file__).resolve().parents[1]
JOBS = "POST /api/v1/jobs"


@dataclass(frozen=True)
class TruthServer:
    port: int
    admin_port: int
    process: Process
    scheme: str = "http"
    host: Host | None = None

    @property
    def url(self) -> str:
        name = self.host.name if self.host else "127.0.0.1"
        return f"{self.scheme}://{name}:{self.port}"

    def facts(self) -> Any:
        return self._ask("/facts")

    def arrivals_s(self, place: str = JOBS) -> list[float]:
        """When requests came, in `perf_counter` of any process of this machine."""
        times: list[float] = self._ask("/arrivals").get(place, [])
        return times

    def arrivals_of_processes_s(self) -> list[list[float]]:
        """The same of operations, for each process of the generator."""
        return list(self._ask("/arrivals-of-processes").values())

    def parents(self) -> list[str]:
        """The `traceparent` of each request that had one."""
        found: list[str] = self._ask("/parents")
        return found

    def requests(self, place: str = JOBS) -> int:
        count: int = self.facts()["requests"].get(place, 0)
        return count

    def wait_for_requests(self, count: int, within_s: float = 30.0, place: str = JOBS) -> None:
        wait_until(
            lambda: self.requests(place) >= count, within_s, f"{count} requests at the server"
        )

    def wait_into_load(self, seconds: float) -> None:
        """So long after the first request."""
        self.wait_for_requests(1)
        sleep(max(0.0, self.arrivals_s()[0] + seconds - perf_counter()))

    def _ask(self, path: str) -> Any:
        client = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=10)
        if self.host:
            client.sock = self.host.connect(self.admin_port)
        try:
            client.request("GET", path)
            return json.loads(client.getresponse().read())
        finally:
            client.close()


@contextlib.contextmanager
def running_server(
    behaviour: str, host: Host | None = None, **settings: Any
) -> Iterator[TruthServer]:
    settings |= {"address": host.address} if host else {}
    with tempfile.NamedTemporaryFile(prefix="jobload-e2e-") as said:
        process = started_module(
            "e2e.servers.serve",
            behaviour,
            json.dumps(settings),
            environ=os.environ | {"PYTHONPATH": str(TESTS)},
            output=said.file,
            host=host,
        )
        path = Path(said.name)
        try:
            wait_until(
                lambda: path.read_bytes().endswith(b"}\n") or process.poll() is not None,
                10,
                f"server {behaviour} is ready",
            )
            assert process.poll() is None, path.read_text()
            scheme = "https" if "handshakes" in settings else "http"
            ports = json.loads(path.read_text())
            yield TruthServer(**ports, process=process, scheme=scheme, host=host)
            assert process.poll() is None, path.read_text()
        finally:
            stop_child(process, 5)


def closed_port() -> int:
    """One that nobody listens on, at least for now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
