"""What a process says by its exit code, all of them here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobload.judge.status import RunStatus
    from jobload.measure.figures import EndReason

PASSED = 0
FAILED = 1
CONFIGURATION_ERROR = 2
INVALID = 3
"""Also while a run has no verdict yet, and where there was no target to load."""
INTERRUPTED: dict[EndReason, int] = {"sighup": 129, "sigint": 130, "sigterm": 143}
"""As a shell has it: 128 and the signal."""

_OF_STATUS: dict[RunStatus, int] = {
    "PASS": PASSED,
    "PROFILED": PASSED,
    "FAIL": FAILED,
    "INVALID": INVALID,
}
_FROM_BEST = (PASSED, FAILED, CONFIGURATION_ERROR, INVALID, 129, 143, 130)


def exit_code_of(status: RunStatus, reason: EndReason) -> int:
    return INTERRUPTED.get(reason, _OF_STATUS[status])


def worst_exit_code(codes: Iterable[int]) -> int:
    """Of several runs of one process; no run at all is no failure."""
    return max(codes, key=_FROM_BEST.index, default=PASSED)
