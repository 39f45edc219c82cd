"""Processes of the benchmark: bound to a core, gone when the benchmark is."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_PR_SET_PDEATHSIG = 1
END_WITHIN_S = 5.0
ROOT = Path(__file__).resolve().parent.parent


def cores() -> tuple[int, int]:
    """(of the server, of the generator); the same twice where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def bound_to(*cores: int) -> Callable[[], None]:
    """For `preexec_fn`."""
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, cores)

    return prepare


@contextmanager
def running_on(core: int) -> Iterator[None]:
    """Binds this process for a while, and so what it starts meanwhile."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def child(
    command: Sequence[str], core: int, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process that is spoken to in lines; it ends when its stdin does, at the latest by force."""
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=env,
        preexec_fn=bound_to(core),
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.close()
            process.wait(END_WITHIN_S)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            process.kill()
            process.wait()
        process.stdout.close()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        sys.exit(f"{process.args!r} ended without a word (exit code {process.wait()})")
    return line
