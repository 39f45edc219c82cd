"""The stand-in target: one process with everything on, one without the Redis call of its POST."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from time import monotonic, sleep

import psutil

from bench.child import END_WITHIN_S, running_on
from bench.external import Run
from bench.load import Load, Outcome
from target_app.children import start_child, stop_child
from target_app.embedded import own_redis
from target_app.listener import bind
from target_app.settings import PREFIX

WITH, WITHOUT = "with Redis", "without Redis"
MODULES = {WITH: "target_app", WITHOUT: "bench.target_without_redis"}
READY_WITHIN_S = 20.0
ASK_EVERY_S = 0.05

POSTS = re.compile(r'request_seconds_count\{route="/api/v1/jobs",method="POST"\} (\d+)')
JOBS = re.compile(r'target_jobs\{status="pending"\} (\d+)')


@dataclass(frozen=True, slots=True)
class Reading:
    """What a target has done so far: answered, stored, and the CPU time it took."""

    posts: int
    jobs: int
    cpu_s: float


class Target:
    def __init__(self, name: str, port: int, process: psutil.Process) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._name = name
        self._port = port
        self._process = process

    def measured(self, generator: Run, load: Load) -> Outcome:
        """The generator's outcome, with the CPU time of the target instead of the generator's."""
        before = self._reading()
        outcome = generator(load)
        after = self._reading()
        posts, jobs = after.posts - before.posts, after.jobs - before.jobs
        if bool(jobs) is not (self._name == WITH):
            sys.exit(f"the target {self._name} has stored {jobs} jobs of {posts} requests")
        each_s = (after.cpu_s - before.cpu_s) / posts
        return replace(outcome, cpu_s=each_s * outcome.operations)

    def wait_until_ready(self) -> None:
        until_s = monotonic() + READY_WITHIN_S
        while not self._is_ready():
            if monotonic() > until_s or not self._process.is_running():
                sys.exit(f"the target {self._name} did not start")
            sleep(ASK_EVERY_S)

    def _is_ready(self) -> bool:
        with suppress(OSError, HTTPException):
            return self._get("/readyz")[0] == 200
        return False

    def _reading(self) -> Reading:
        _, text = self._get("/metrics")
        took = self._process.cpu_times()
        return Reading(_number(POSTS, text), _number(JOBS, text), took.user + took.system)

    def _get(self, path: str) -> tuple[int, str]:
        client = HTTPConnection("127.0.0.1", self._port, timeout=1)
        try:
            client.request("GET", path)
            answer = client.getresponse()
            return answer.status, answer.read().decode()
        finally:
            client.close()


@contextmanager
def targets(server_core: int, core: int) -> Iterator[dict[str, Target]]:
    """Both, on one core; their Redis is on the generator's."""
    with ExitStack() as stack:
        with running_on(core):
            redis = stack.enter_context(own_redis())
        with running_on(server_core):
            started = {
                name: stack.enter_context(_target(name, module, redis.url))
                for name, module in MODULES.items()
            }
        for target in started.values():
            target.wait_until_ready()
        yield started


@contextmanager
def _target(name: str, module: str, redis_url: str) -> Iterator[Target]:
    with bind("127.0.0.1", 0) as listener:
        fd, port = listener.fileno(), listener.getsockname()[1]
        command = [sys.executable, "-m", module, "--fd", str(fd), "--redis-url", redis_url]
        environ = {name: value for name, value in os.environ.items() if PREFIX not in name}
        process = start_child(command, pass_fds=[fd], environ=environ)
    try:
        yield Target(name, port, psutil.Process(process.pid))
    finally:
        stop_child(process, END_WITHIN_S)


def _number(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return int(found[1]) if found else 0
