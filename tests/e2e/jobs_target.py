"""The stand-in target on a durable Redis, both of which a test may hurt; and a way that loses."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import redis

from e2e.nursery import Process, started_module
from e2e.truth_server import TESTS, closed_port
from e2e.waiting import wait_until
from target_app.children import start_child, stop_child
from target_app.redis_server import find_binary

DURABLE = {"save": "", "appendonly": "yes", "appendfsync": "always"}


class DurableRedis:
    """What it has acknowledged is on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._socket = folder / "redis.sock"
        self.url = f"unix://{self._socket}?db=7"
        self.start()

    def start(self) -> None:
        given = {"port": "0", "unixsocket": str(self._socket), "dir": str(self.folder)}
        options = [part for item in (given | DURABLE).items() for part in ("--" + item[0], item[1])]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = start_child([find_binary(), *options], output=log)
        wait_until(self._answers, 20, "Redis answers")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def hold(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def let_go(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def client(self) -> "redis.Redis":
        return redis.Redis.from_url(self.url)

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), self.client() as client:
            return bool(client.ping())
        return False


@dataclass
class JobsTarget:
    port: int
    process: Process
    log: Path
    redis: DurableRedis

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str) -> Any:
        return json.loads(self.request("GET", path)[1])

    def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            client.request(method, path, body, {"Content-Type": "application/json"})
            reply = client.getresponse()
            return reply.status, reply.read()
        finally:
            client.close()

    def accepts_jobs(self) -> bool:
        with contextlib.suppress(OSError):
            return self.request("POST", "/api/v1/jobs", b'{"job_name":"a","args":{}}')[0] == 201
        return False

    def processes(self, module: str) -> list[psutil.Process]:
        """Its children that run `python -m <module>`."""
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if _runs(child, module)]


def _runs(process: psutil.Process, module: str) -> bool:
    with contextlib.suppress(psutil.Error):
        return module in process.cmdline()
    return False


@contextlib.contextmanager
def durable_redis() -> Iterator[DurableRedis]:
    folder = Path(tempfile.mkdtemp(prefix="jobload-e2e-"))
    store = DurableRedis(folder)
    try:
        yield store
    finally:
        store.kill()
        shutil.rmtree(folder)


@contextlib.contextmanager
def jobs_target(admin_port: int | None = None, **settings: object) -> Iterator[JobsTarget]:
    """With settings as JOBLOAD_TARGET_<NAME>."""
    named = {f"JOBLOAD_TARGET_{name.upper()}": str(value) for name, value in settings.items()}
    with durable_redis() as store:
        port = closed_port()
        options = ["--port", str(port)]
        options += [] if admin_port is None else ["--admin-port", str(admin_port)]
        log = store.folder / "target.log"
        with log.open("wb") as output:
            environ = os.environ | named | {"JOBLOAD_TARGET_REDIS_URL": store.url}
            process = started_module("target_app", *options, environ=environ, output=output)
        try:
            target = JobsTarget(port, process, log, store)
            wait_until(target.accepts_jobs, 20, "the target accepts jobs")
            yield target
            assert process.poll() is None, log.read_text()
        finally:
            stop_child(process, 10)


class LossyWay:
    """`counts` of what it has dropped are known when it has ended."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self._said = folder / "lossy-proxy.log"
        environ = os.environ | {"PYTHONPATH": str(TESTS)}
        with self._said.open("wb") as output:
            self._process = started_module(
                "e2e.servers.lossy_proxy", json.dumps(settings), environ=environ, output=output
            )
        wait_until(lambda: self._lines(), 10, "the proxy is ready")
        self.url = f"http://127.0.0.1:{json.loads(self._lines()[0])['port']}"
        self.counts: dict[str, int] = {}

    def _lines(self) -> list[str]:
        return self._said.read_text().splitlines()

    def end(self) -> None:
        stop_child(self._process, 10)
        self.counts = json.loads(self._lines()[-1])


@contextlib.contextmanager
def lossy_way(folder: Path, **settings: Any) -> Iterator[LossyWay]:
    folder.mkdir(parents=True, exist_ok=True)
    way = LossyWay(folder, **settings)
    try:
        yield way
    finally:
        way.end()


def asked(url: str, path: str) -> Any:
    """What a target says there."""
    at = urlsplit(url)
    client = http.client.HTTPConnection(str(at.hostname), at.port, timeout=10)
    try:
        client.request("GET", path)
        return json.loads(client.getresponse().read())
    finally:
        client.close()
