"""Several processes behind one listening socket. One that dies is replaced."""

import logging
import os
import signal
import socket
import subprocess
import sys
import time

from target_app.children import start_child, stop_child
from target_app.settings import PREFIX, Settings
from target_app.wakeups import Wakeups

log = logging.getLogger("target_app.workers")

TOO_SOON_S = 2.0


def serve_with_workers(settings: Settings, listener: socket.socket) -> int:
    """Until SIGTERM or SIGINT; 1 when workers die as soon as they start."""
    with Wakeups(signal.SIGTERM, signal.SIGINT, signal.SIGCHLD) as wakeups:
        workers = [_start(settings, listener) for _ in range(settings.workers)]
        started = time.monotonic()
        try:
            while True:
                if wakeups.wait().signals & {signal.SIGTERM, signal.SIGINT}:
                    return 0
                dead = [worker for worker in workers if worker.poll() is not None]
                if dead and time.monotonic() - started < TOO_SOON_S:
                    return 1
                for worker in dead:
                    code = worker.returncode
                    log.warning("worker %d ended (%d) and is replaced", worker.pid, code)
                    workers.remove(worker)
                    workers.append(_start(settings, listener))
                    started = time.monotonic()
        finally:
            _stop(workers, settings.drain_timeout_s + 5)


def _start(settings: Settings, listener: socket.socket) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "target_app", "--fd", str(listener.fileno()), "--workers", "1"]
    return start_child(command, pass_fds=[listener.fileno()], environ=settings_environ(settings))


def settings_environ(settings: Settings) -> dict[str, str]:
    """The environment with these settings in it, for a process of ours."""
    values = settings.model_dump(exclude_none=True)
    return os.environ | {PREFIX + name.upper(): str(value) for name, value in values.items()}


def _stop(workers: list[subprocess.Popen[bytes]], within_s: float) -> None:
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + within_s
    for worker in workers:
        stop_child(worker, max(0.0, deadline - time.monotonic()))
