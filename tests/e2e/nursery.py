"""Processes that need not import, each by itself, what takes most of a second."""

from __future__ import annotations

import atexit
import errno
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile
from typing import IO, Literal
from zlib import crc32

from e2e.hosts import Host
from e2e.processes import MARK, new_mark
from e2e.wall_clock import SHIM
from target_app.children import start_child

FORKS = Path(__file__).with_name("nursery_process.py")
PROGRAMS = tuple(str(Path(sys.executable).with_name(name)) for name in ("locust", "jobload"))
READ_AT_START = ("PYTHON", "GEVENT", "LD_", "LC_", "LANG", "TZ")
"""Of what is in an environment, by those who have started already in the nursery."""
STARTS_WITHIN_S = 30.0
OWNER = os.environ.setdefault(
    "E2E_TESTS_OWNER",
    str(os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()),
)
"""The process with which nurseries end: that which gives the tests to others, if there is one."""
SESSION = os.environ.setdefault(
    "E2E_TESTS_SESSION", os.environ.get("PYTEST_XDIST_TESTRUNUID") or token_hex(8)
)
"""In a container that has the network of another one, the owner can have the same number."""

Kind = Literal["locust", "servers"]


class Forked:
    """What `subprocess.Popen` is for a child, for one that the nursery has."""

    def __init__(self, told: int, command: Sequence[str]) -> None:
        self._told, self._command = told, command
        self.returncode: int | None = None
        self.pid = self._said(STARTS_WITHIN_S)

    def poll(self) -> int | None:
        if self.returncode is None and self._has_said(0.0):
            self.returncode = self._said(0.0)
            os.close(self._told)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self._has_said(timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired(list(self._command), timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _has_said(self, within_s: float | None) -> bool:
        return bool(select.select([self._told], [], [], within_s)[0])

    def _said(self, within_s: float) -> int:
        assert self._has_said(within_s), "the nursery says nothing"
        line = b""
        while not line.endswith(b"\n"):
            piece = os.read(self._told, 1)
            assert piece, "the nursery has ended"
            line += piece
        return int(line)


Process = subprocess.Popen[bytes] | Forked


class Nursery:
    """Those of `locust` have it in their command lines, by which they are known. What this has
    asked for ends with it; the nursery itself is there for others."""

    def __init__(self, kind: Kind = "locust", **environ: str) -> None:
        self._kind = kind
        environ = os.environ | environ
        self._read = self._read_at_start(environ)
        path = environ.pop("PYTHONPATH", "") if kind == "servers" else ""
        name = f"jobload-tests-{OWNER}-{kind}-{crc32(repr([SESSION, self._read]).encode())}"
        command = [sys.executable, str(FORKS), name, kind, OWNER, path, PROGRAMS[0]]
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # None has the name, or one that does not listen yet.
        while self._channel.connect_ex(f"\0{name}") == errno.ECONNREFUSED:
            ended = start_child(command, environ=environ | {MARK: "0" * 16}).wait()
            assert ended == 0, "the nursery does not start"
        atexit.register(self.close)

    def takes(self, environ: Mapping[str, str]) -> bool:
        return self._read_at_start(environ) == self._read

    def _read_at_start(self, environ: Mapping[str, str]) -> dict[str, str]:
        """But for the path of a server: it takes that itself."""
        read = _read_at_start(environ)
        return read if self._kind == "locust" else {**read, "PYTHONPATH": ""}

    def start(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        output: IO[bytes],
        host: int | None = None,
        errors: IO[bytes] | None = None,
        folder: Path | None = None,
        pass_fds: Sequence[int] = (),
    ) -> Forked:
        """In the namespaces of the process `host`, if one is named; on the cores of who asks, and
        in its folder if not in another. Errors go where all goes if nowhere else."""
        asked = {
            "command": command,
            "environ": {**environ},
            "folder": str(folder or Path.cwd()),
            "host": host,
            "cores": [*os.sched_getaffinity(0)],
            "nice": os.getpriority(os.PRIO_PROCESS, 0),
            "pass_fds": pass_fds,
        }
        told, telling = os.pipe()
        try:
            files = [telling, output.fileno(), (errors or output).fileno(), *pass_fds]
            socket.send_fds(self._channel, [json.dumps(asked).encode()], files)
        finally:
            os.close(telling)
        return Forked(told, command)

    def close(self) -> None:
        self._channel.close()


def nursery_for(program: str, environ: Mapping[str, str]) -> Nursery | None:
    """None if such a process has to begin with an interpreter of its own."""
    if program not in PROGRAMS or not hasattr(os, "pidfd_open"):
        return None
    for other in ({}, {"PYTHONPATH": str(SHIM)}):
        if _read_at_start(environ) == _read_at_start(os.environ | other):
            return _nursery(**other)
    return None


def started_module(
    module: str,
    *arguments: str,
    environ: Mapping[str, str] = os.environ,
    output: IO[bytes],
    host: Host | None = None,
    pass_fds: Sequence[int] = (),
) -> Process:
    """`python -m`, in a session of its own that does not outlive the test."""
    command = [sys.executable, "-m", module, *arguments]
    if hasattr(os, "pidfd_open") and (nursery := _nursery("servers")).takes(environ):
        holder = host.holder.pid if host else None
        return nursery.start(command, environ, output, holder, pass_fds=pass_fds)
    command = [*(host.inside if host else []), *command]
    return start_child(command, pass_fds=pass_fds, environ=environ, output=output)


def completed(
    command: Sequence[str],
    folder: Path,
    more_environ: Mapping[str, str] = {},
    within_s: float = 60.0,
) -> subprocess.CompletedProcess[str]:
    """As of `subprocess.run`, which does it where there is no nursery."""
    environ = os.environ | {MARK: new_mark()} | {**more_environ}
    nursery = nursery_for(command[0], environ)
    if nursery is None:
        return subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, text=True, timeout=within_s
        )
    with TemporaryFile() as output, TemporaryFile() as errors:
        child = nursery.start(command, environ, output, errors=errors, folder=folder)
        try:
            code = child.wait(within_s)
        finally:
            child.kill()
        said = [(file.seek(0), file.read().decode())[1] for file in (output, errors)]
        return subprocess.CompletedProcess(list(command), code, *said)


def _read_at_start(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: environ[name] for name in sorted(environ) if name.startswith(READ_AT_START)}


@cache
def _nursery(kind: Kind = "locust", **environ: str) -> Nursery:
    return Nursery(kind, **environ)
