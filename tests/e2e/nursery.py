"""Locust processes that need not import, each by itself, what takes most of a second."""

from __future__ import annotations

import atexit
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
from tempfile import TemporaryFile
from typing import IO

from e2e.processes import MARK, new_mark
from e2e.wall_clock import SHIM
from target_app.children import start_child

FORKS = Path(__file__).with_name("nursery_process.py")
PROGRAMS = tuple(str(Path(sys.executable).with_name(name)) for name in ("locust", "jobload"))
READ_AT_START = ("PYTHON", "GEVENT", "LD_", "LC_", "LANG", "TZ")
"""Of what is in an environment, by those who have started already in the nursery."""
STARTS_WITHIN_S = 30.0


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


class Nursery:
    """Its processes have `locust` in their command lines, by which they are known."""

    def __init__(self, **environ: str) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._environ = os.environ | environ
        self._process = start_child(
            [sys.executable, str(FORKS), str(theirs.fileno()), PROGRAMS[0]],
            pass_fds=[theirs.fileno()],
            environ=self._environ | {MARK: "0" * 16},
        )
        theirs.close()
        atexit.register(self.close)

    def takes(self, environ: Mapping[str, str]) -> bool:
        return _read_at_start(environ) == _read_at_start(self._environ)

    def start(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        output: IO[bytes],
        host: int | None = None,
        errors: IO[bytes] | None = None,
        folder: Path | None = None,
    ) -> Forked:
        """In the namespaces of the process `host`, if one is named; on the cores of who asks, and
        in its folder if not in another. Errors go where all goes if nowhere else."""
        asked = {
            "command": command,
            "environ": {**environ},
            "folder": str(folder or Path.cwd()),
            "host": host,
            "cores": [*os.sched_getaffinity(0)],
        }
        told, telling = os.pipe()
        try:
            files = [output.fileno(), (errors or output).fileno(), telling]
            socket.send_fds(self._channel, [json.dumps(asked).encode()], files)
        finally:
            os.close(telling)
        return Forked(told, command)

    def close(self) -> None:
        self._channel.close()
        self._process.wait()


def nursery_for(program: str, environ: Mapping[str, str]) -> Nursery | None:
    """None if such a process has to begin with an interpreter of its own."""
    if program not in PROGRAMS or not hasattr(os, "pidfd_open"):
        return None
    for other in ({}, {"PYTHONPATH": str(SHIM)}):
        if _read_at_start(environ) == _read_at_start(os.environ | other):
            return _nursery(**other)
    return None


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
    return {name: value for name, value in environ.items() if name.startswith(READ_AT_START)}


@cache
def _nursery(**environ: str) -> Nursery:
    return Nursery(**environ)
