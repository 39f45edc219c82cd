"""python bound_pytest.py PARENT FOLDER ARGUMENTS: pytest in FOLDER, for as long as PARENT lives.

Run as a file, so that nothing of its own tree gets into the one that is tested.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PASSED_OR_NOTHING_TO_RUN = (0, 5)


def end_with(parent: int) -> None:
    """This process ends when its parent does, also when that is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)


def main(parent: str, folder: str, *arguments: str) -> int:
    end_with(int(parent))
    os.chdir(folder)
    sys.path[0] = folder
    import pytest

    return int(pytest.main([*arguments]) not in PASSED_OR_NOTHING_TO_RUN)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
