"""Processes of one target: servers behind one socket, and job workers. A killed one is replaced."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from target_app.children import start_child, stop_child
from target_app.metrics import shared_slots
from target_app.settings import PREFIX, Settings
from target_app.wakeups import Wakeups

log = logging.getLogger("target_app.workers")

Start = Callable[[], subprocess.Popen[bytes]]


def serve_with_workers(
    settings: Settings, listener: socket.socket, admin: socket.socket | None
) -> int:
    alone = settings.model_copy(update={"workers": 1, "job_workers": 0})
    memory = shared_slots(settings.workers)
    servers: list[Start] = [
        partial(start_server, alone, listener, admin, (memory, slot))
        for slot in range(settings.workers)
    ]
    job_workers: list[Start] = [partial(_start_job_worker, settings)] * settings.job_workers
    return _supervise(servers + job_workers, settings.drain_timeout_s + 5)


def start_server(
    settings: Settings,
    listener: socket.socket,
    admin: socket.socket | None,
    metrics: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """`python -m target_app` with these settings, on sockets that are open already."""
    options = {"--fd": listener.fileno()}
    if admin:
        options["--admin-fd"] = admin.fileno()
    if metrics:
        options["--metrics-fd"] = metrics[0]
    pass_fds = list(options.values())
    if metrics:
        options["--metrics-slot"] = metrics[1]
    texts = [text for name, value in options.items() for text in (name, str(value))]
    command = [sys.executable, "-m", "target_app", *texts]
    return start_child(command, pass_fds=pass_fds, environ=_environ(settings))


def _start_job_worker(settings: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "target_app.job_worker"]
    return start_child(command, environ=_environ(settings))


def _supervise(starts: list[Start], stop_within_s: float) -> int:
    """Until SIGTERM or SIGINT; 1 when a process gives up by itself: the next one would, too."""
    with Wakeups(signal.SIGTERM, signal.SIGINT, signal.SIGCHLD) as wakeups:
        processes = {start(): start for start in starts}
        try:
            while not wakeups.wait().signals & {signal.SIGTERM, signal.SIGINT}:
                for ended in [each for each in processes if each.poll() is not None]:
                    if ended.returncode >= 0:
                        return 1
                    log.warning("process %d was killed and is replaced", ended.pid)
                    start = processes.pop(ended)
                    processes[start()] = start
            return 0
        finally:
            _stop(list(processes), stop_within_s)


def _stop(processes: list[subprocess.Popen[bytes]], within_s: float) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + within_s
    for process in processes:
        stop_child(process, max(0.0, deadline - time.monotonic()))


def _environ(settings: Settings) -> dict[str, str]:
    """The environment with these settings in it."""
    values = settings.model_dump(mode="json", exclude_none=True)
    return os.environ | {PREFIX + name.upper(): _text(value) for name, value in values.items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
