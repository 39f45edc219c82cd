"""Which processes belong to a test: all that inherited its mark, wherever they have gone."""

import contextlib
import secrets

import psutil

from e2e.waiting import wait_until

MARK = "E2E_TEST_MARK"
GONE_WITHIN_S = 15.0


def new_mark() -> str:
    return secrets.token_hex(8)


def marked(mark: str) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _mark_of(process) == mark]


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None


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
