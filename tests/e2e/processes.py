"""Which processes belong to a test: all that inherited its mark, wherever they have gone."""

import contextlib
import secrets
import sys
from pathlib import Path

import psutil

from e2e.waiting import wait_until

MARK = "E2E_TEST_MARK"
GONE_WITHIN_S = 15.0


def new_mark() -> str:
    return secrets.token_hex(8)


def marked(mark: str) -> list[psutil.Process]:
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(psutil.Error, OSError):
            if _has_mark(pid, mark):
                found.append(psutil.Process(pid))
    return found


def _has_mark(pid: int, mark: str) -> bool:
    """All processes of the machine are asked, again and again: a table of each would take long."""
    if sys.platform != "linux":
        return bool(psutil.Process(pid).environ().get(MARK) == mark)
    return f"{MARK}={mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes()


def assert_all_gone(mark: str, within_s: float = GONE_WITHIN_S) -> None:
    try:
        wait_until(lambda: not marked(mark), within_s, "every process has ended")
    except AssertionError as error:
        left = [f"{process.pid}: {' '.join(process.cmdline())}" for process in marked(mark)]
        raise AssertionError(f"{error}; left running: {left}") from None


def kill_all(mark: str) -> None:
    while left := marked(mark):
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=5)
