"""Whether a name leads to a file that ends: a pipe would wait for ever, and a device never end."""

from __future__ import annotations

import stat
from pathlib import Path


def kind_flaw(name: str) -> str | None:
    """Half a sentence; None when it is an ordinary file. OSError when it is not there."""
    try:
        status = Path(name).stat()
    except ValueError:
        return "is no name of a file"
    if stat.S_ISDIR(status.st_mode):
        return "is a folder; name a file in it"
    if not stat.S_ISREG(status.st_mode):
        return "is no ordinary file; copy what it holds into one"
    return None
