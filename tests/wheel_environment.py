"""A wheel, installed where nothing knows of the clone."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Collection, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PURELIB = Path(sysconfig.get_path("purelib"))
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def wheel_in(folder: Path) -> Path:
    run([*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, ROOT], folder)
    (built,) = folder.glob("*.whl")
    return built


def environment_of(folder: Path, wheel: Path, dependencies: Path) -> Path:
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin/python"
    run([*PIP, "--python", python, "install", "--quiet", "--no-index", "--no-deps", wheel], folder)
    # A path in a .pth file is taken as it is: the editable jobload over there stays unknown.
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(str(dependencies))
    return folder / "bin"


def run(
    command: Sequence[str | Path],
    cwd: Path,
    timeout_s: float = 60,
    codes: Collection[int] = (0,),
) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    assert done.returncode in codes, done.stdout + done.stderr
    return done.stdout
