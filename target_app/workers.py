"""Several processes behind one listening socket. One that dies is replaced."""

import json
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


def serve_with_workers(settings: Settings, listener: socket.socket) -> int:
    """Until SIGTERM or SIGINT; 1 when a worker gives up by itself: the next one would, too."""
    with Wakeups(signal.SIGTERM, signal.SIGINT, signal.SIGCHLD) as wakeups:
        workers = [_start(settings, listener) for _ in range(settings.workers)]
        try:
            while not wakeups.wait().signals & {signal.SIGTERM, signal.SIGINT}:
                for worker in [worker for worker in workers if worker.poll() is not None]:
                    if worker.returncode > 0:
                        return 1
                    log.warning("worker %d was killed and is replaced", worker.pid)
                    workers.remove(worker)
                    workers.append(_start(settings, listener))
            return 0
        finally:
            _stop(workers, settings.drain_timeout_s + 5)


def _start(settings: Settings, listener: socket.socket) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "target_app", "--fd", str(listener.fileno()), "--workers", "1"]
    return start_child(command, pass_fds=[listener.fileno()], environ=settings_environ(settings))


def settings_environ(settings: Settings) -> dict[str, str]:
    """The environment with these settings in it, for a process of ours."""
    values = settings.model_dump(mode="json", exclude_none=True)
    return os.environ | {PREFIX + name.upper(): _text(value) for name, value in values.items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _stop(workers: list[subprocess.Popen[bytes]], within_s: float) -> None:
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + within_s
    for worker in workers:
        stop_child(worker, max(0.0, deadline - time.monotonic()))
