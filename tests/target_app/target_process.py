"""Real servers for these tests: Redis, the target, and a plain client."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import redis
from e2e.nursery import Process, started_module

from target_app.children import start_child, stop_child
from target_app.redis_server import find_binary

JOBS = "/api/v1/jobs"
JOB = {"job_name": "a job", "args": {"model": "test-model"}, "priority": 1}
START_WITHIN_S = 20.0


def wait_until(holds: Callable[[], Any], within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"still not so after {within_s} s"
        time.sleep(0.01)


def runs(process: psutil.Process) -> bool:
    """A zombie that nobody has waited for runs no more."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """One keep-alive connection."""

    port: int
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        self.connection.request(method, path, body, dict(headers))
        answer = self.connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, names, answer.read())

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def submit(self, job: Any = JOB, key: str = "", run: str = "") -> Answer:
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        if run:
            headers["X-Jobload-Run"] = run
        body = job if isinstance(job, bytes) else json.dumps(job).encode()
        return self.request("POST", JOBS, body, headers)

    def close(self) -> None:
        self.connection.close()


@dataclass
class RedisProcess:
    directory: Path
    options: dict[str, str]
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def socket_path(self) -> str:
        return str(self.directory / "redis.sock")

    @property
    def url(self) -> str:
        return f"unix://{self.socket_path}?db=7"

    def start(self) -> None:
        given = {"port": "0", "unixsocket": self.socket_path, "dir": str(self.directory)}
        options = given | {"save": "", "appendonly": "no"} | self.options
        command = [part for name, value in options.items() for part in ("--" + name, value)]
        with (self.directory / "log").open("ab") as log:
            self.process = start_child([find_binary(), *command], output=log)
        wait_until(self._answers)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def client(self) -> "redis.Redis":
        return redis.Redis.from_url(self.url)

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), self.client() as client:
            return bool(client.ping())
        return False


@contextlib.contextmanager
def running_redis(**options: str) -> Iterator[RedisProcess]:
    directory = Path(tempfile.mkdtemp(prefix="jobload-test-"))
    server = RedisProcess(directory, {n.replace("_", "-"): v for n, v in options.items()})
    server.start()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(directory)


@dataclass
class TargetProcess:
    port: int
    process: Process
    log: Path
    admin_port: int = 0
    clients: list[Client] = field(default_factory=list)

    def client(self) -> Client:
        """Closed at the latest when the target ends."""
        self.clients.append(Client(self.port))
        return self.clients[-1]

    def raw(self, data: bytes) -> bytes:
        """What comes back until the target closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            received = b""
            with contextlib.suppress(ConnectionError):  # it may close before it has read all
                connection.sendall(data)
                while piece := connection.recv(65536):
                    received += piece
            return received


@contextlib.contextmanager
def running_target(
    redis_url: str, admin: bool = False, **settings: object
) -> Iterator[TargetProcess]:
    """`python -m target_app`, with its settings given as JOBLOAD_TARGET_<NAME>."""
    named = {f"JOBLOAD_TARGET_{name.upper()}": str(value) for name, value in settings.items()}
    with (
        tempfile.TemporaryDirectory(prefix="jobload-test-") as directory,
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_server(("127.0.0.1", 0)) as admin_listener,
    ):
        log = Path(directory) / "log"
        fd, admin_fd = listener.fileno(), admin_listener.fileno()
        options = ["--fd", str(fd)] + (["--admin-fd", str(admin_fd)] if admin else [])
        with log.open("wb") as output:
            process = started_module(
                "target_app",
                *options,
                *("--redis-url", redis_url),
                environ=os.environ | named,
                output=output,
                pass_fds=[fd, admin_fd],
            )
        ports = [each.getsockname()[1] for each in (listener, admin_listener)]
        target = TargetProcess(ports[0], process, log, ports[1])
        try:
            wait_until(lambda: _healthy(target), START_WITHIN_S)
            yield target
        finally:
            for client in target.clients:
                client.close()
            stop_child(process, 10)


def _healthy(target: TargetProcess) -> bool:
    assert target.process.poll() is None, target.log.read_text()
    client = target.client()
    try:
        return client.get("/healthz").status == 200
    except OSError:
        return False
    finally:
        client.close()
