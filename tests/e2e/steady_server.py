"""A server in C (`servers/steady.c`) that answers a fixed time after each request had arrived.

Those in Python share their own time with an interpreter and an event loop, and take up to a
millisecond more now and then; this one also says how steady it was.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

SOURCE = Path(__file__).parent / "servers" / "steady.c"
END_WITHIN_S = 5.0


@dataclass(frozen=True)
class SteadyServer:
    url: str
    _asks: IO[str]
    _says: IO[str]

    def facts(self) -> Any:
        """`requests` and distinct `keys` by place, and `took_us {p50, p99, max}` from the arrival
        of a request in the kernel until its reply was sent."""
        self._asks.write("\n")
        self._asks.flush()
        return json.loads(self._says.readline())


@contextmanager
def steady_server(delay_ms: float) -> Iterator[SteadyServer]:
    with tempfile.TemporaryDirectory(prefix="jobload-e2e-") as folder:
        command = [_compiled(Path(folder)), str(round(delay_ms * 1e3))]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                port = int(process.stdout.readline())
                yield SteadyServer(f"http://127.0.0.1:{port}", process.stdin, process.stdout)
                assert process.poll() is None, f"it has ended: {process.returncode}"
            finally:
                process.stdin.close()
                try:
                    process.wait(END_WITHIN_S)
                except subprocess.TimeoutExpired:
                    process.kill()


def c_compiler() -> str:
    """Skips the test where there is none."""
    if (compiler := shutil.which("cc") or shutil.which("gcc")) is None:
        pytest.skip("no C compiler for the server; to install one: apt-get install gcc libc6-dev")
    return compiler


def _compiled(folder: Path) -> str:
    binary = folder / "steady"
    subprocess.run([c_compiler(), "-O2", "-pthread", "-o", str(binary), str(SOURCE)], check=True)
    return str(binary)
