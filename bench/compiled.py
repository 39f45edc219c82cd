"""jobload with its hot modules compiled, which `make build/compiled/.unpacked` puts there."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

from bench.child import ROOT

FOLDER = ROOT / "build/compiled"
DONE = ".unpacked"
HOT = "jobload.load.users.operation"
COMPILED, ALONE = "compiled", "jobload"
SHOWN = {COMPILED: "jobload compiled", ALONE: "jobload in Python alone"}
"""The two as generators are called, and as tables call them."""


def whats_missing(folder: Path = FOLDER, source: Path = ROOT / "jobload") -> str | None:
    """A sentence where it can't be measured."""
    done = folder / DONE
    if not done.exists():
        return f"{os.path.relpath(done, ROOT)} is not there; make it, by this name"
    newest = max(source.rglob("*.py"), key=lambda path: path.stat().st_mtime)
    if newest.stat().st_mtime > done.stat().st_mtime:
        return f"{os.path.relpath(done, ROOT)} is older than {os.path.relpath(newest, ROOT)}"
    return None


def environ() -> dict[str, str]:
    """In `FOLDER`, jobload is the compiled one and all else is the clone's."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@cache
def kind_of_runs() -> str:
    """Which of the two whole runs are: the compiled one where there was one in the beginning."""
    return ALONE if whats_missing() else COMPILED


def environ_of_runs() -> dict[str, str]:
    """What the `jobload` of the clone's environment wants to be that one."""
    own = dict(os.environ)
    return own | {"PYTHONPATH": str(FOLDER)} if kind_of_runs() == COMPILED else own


def refuse_the_other(kind: str) -> None:
    """Nobody is measured under the other's name."""
    import jobload.load.users.operation as hot

    is_compiled = not str(hot.__file__).endswith(".py")
    if is_compiled is not (kind == COMPILED):
        sys.exit(f"{kind} can't be measured: {HOT} is {hot.__file__}")
