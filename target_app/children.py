"""Child processes that never outlive their parent, however it ends."""

import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO, Protocol

PR_SET_PDEATHSIG = 1


class Child(Protocol):
    """Of `subprocess.Popen`, what it takes to stop one."""

    pid: int

    def poll(self) -> int | None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


def start_child(
    command: Sequence[str],
    *,
    pass_fds: Sequence[int] = (),
    environ: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """In a session of its own, so that Ctrl+C reaches the parent alone.

    Call it from the main thread: on Linux the death signal follows the thread that starts it.
    """
    bind = _bind_to_parent()
    if bind is None:
        return _start_on_leash(command, pass_fds, environ, output)
    return subprocess.Popen(
        command,
        pass_fds=pass_fds,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=True,
        preexec_fn=bind,
    )


def stop_child(child: Child, within_s: float) -> None:
    """SIGTERM, then SIGKILL when it has not ended in time."""
    if child.poll() is not None:
        return
    child.terminate()
    if not _ends(child, within_s):
        child.kill()
    child.wait()


def _ends(child: Child, within_s: float) -> bool:
    """`Popen.wait` looks at a child again only after up to 50 ms, where the kernel could tell."""
    if not hasattr(os, "pidfd_open"):
        with suppress(subprocess.TimeoutExpired):
            child.wait(within_s)
        return child.poll() is not None
    try:
        descriptor = os.pidfd_open(child.pid)
    except ProcessLookupError:
        return True
    try:
        watch = select.poll()
        watch.register(descriptor, select.POLLIN)
        return bool(watch.poll(within_s * 1000))
    finally:
        os.close(descriptor)


def _bind_to_parent() -> Callable[[], None] | None:
    """What the child does before it becomes the command; None where there is no prctl."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def bind() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)

    return bind


def _start_on_leash(
    command: Sequence[str],
    pass_fds: Sequence[int],
    environ: Mapping[str, str] | None,
    output: IO[bytes] | None,
) -> subprocess.Popen[bytes]:
    held, holding = os.pipe()
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "target_app.leash", str(held), *command],
            pass_fds=[*pass_fds, held],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
        )
    finally:
        os.close(held)
        _holding.append(holding)


_holding: list[int] = []  # closed by the end of this process, and by nothing else
