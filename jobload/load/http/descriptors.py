"""File descriptors: each user of a process needs one for its connection."""

from __future__ import annotations

import resource

BESIDES = 20
"""For all that is no connection: the event loop, pipes, files."""
RESERVE = 16
"""The last ones, which no connection may take: or reports, names and CPU times could not be read or
written, and the run would be lost with the connections."""


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


def is_reserved(descriptor: int) -> bool:
    """The lowest free one is always given first, so a high one is one of the last."""
    return descriptor >= resource.getrlimit(resource.RLIMIT_NOFILE)[0] - RESERVE
