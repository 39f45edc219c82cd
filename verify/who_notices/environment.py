"""Where the tools live: each in an environment of its own, made when it is wanted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "jobload-who-notices"
WITHIN_S = 900


class NotHereError(Exception):
    """One sentence on why a tool is not to be had."""


def from_python(package: str, version: str, program: str) -> str:
    """The path of a program of a package."""
    folder = HOME / f"{package}-{version}"
    path = folder / "bin" / program
    if not path.exists():
        _make([sys.executable, "-m", "venv", str(folder)])
        _make([str(folder / "bin" / "pip"), "install", "--quiet", f"{package}=={version}"])
    return str(path)


def from_node(package: str, version: str) -> str:
    if shutil.which("npm") is None:
        raise NotHereError(f"{package} wants Node.js, which is not installed")
    folder = HOME / f"{package}-{version}"
    path = folder / "node_modules" / ".bin" / package
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--silent", "--no-fund", "--no-audit", "--prefix", str(folder)]
        _make(["npm", "install", *options, f"{package}@{version}"])
    return str(path)


def from_system(program: str) -> str:
    if (path := shutil.which(program)) is None:
        raise NotHereError(f"{program} is not installed (Debian: apt-get install {program})")
    return path


def _make(command: list[str]) -> None:
    environ = os.environ | {"PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}  # a dependency wants browsers
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=WITHIN_S, env=environ, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHereError(f"{command[0]}: {error}") from None
    if done.returncode:
        raise NotHereError(f"{' '.join(command)}: {done.stderr.strip()[-300:]}")
