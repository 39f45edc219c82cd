"""File descriptors: each user of a process needs one for its connection."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from io import FileIO

BESIDES = 20
"""For all that is no connection: the event loop, pipes, files."""
RESERVE = 8
"""A report needs a file at a time, and git, which tells the revision, some pipes."""


def shortage(users: int) -> str | None:
    """One sentence when the process may not open as many, after it has raised its own limit as far
    as it may."""
    needed = users + BESIDES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft in (resource.RLIM_INFINITY, -1) or soft >= needed:
        return None
    if hard in (resource.RLIM_INFINITY, -1) or hard >= needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
        return None
    return (
        f"{users} users need about {needed} descriptors, this process has {soft}: ulimit -n"
        f" {needed}, or more processes"
    )


class Reserve:
    """Some that no client can take, whoever's it is: without any no report could be written, and
    the run would be lost with the connections."""

    def __init__(self) -> None:
        self._held: list[FileIO] = []

    def hold(self) -> None:
        with suppress(OSError):
            while len(self._held) < RESERVE:
                self._held.append(FileIO(os.devnull))

    def release(self) -> None:
        while self._held:
            self._held.pop().close()  # at once, as gevent's `os.close` does not
