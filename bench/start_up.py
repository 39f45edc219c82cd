"""How long commands take to begin: `jobload run` against the embedded target until its first line
and until that target has been sent its first request, and `jobload validate` as a whole."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from urllib.parse import urlsplit

from bench.child import ROOT
from bench.summary import Spread
from bench.target import POSTS

STARTS = 10
JOBLOAD = str(Path(sys.executable).with_name("jobload"))
LOOK_EVERY_S = 0.01
WITHIN_S = 60.0
_ADDRESS = re.compile(r" against (http://\S+): ")


def start_up() -> tuple[Spread, Spread, Spread]:
    """Seconds to the first line, to the first request, and of `validate`."""
    lines_s, requests_s = zip(*[_run() for _ in range(STARTS)], strict=True)
    validations_s = [_validate() for _ in range(STARTS)]
    return _spread(lines_s), _spread(requests_s), _spread(validations_s)


def _spread(values: Sequence[float]) -> Spread:
    found = Spread.of(values)
    assert found is not None
    return found


def _validate() -> float:
    began_s = perf_counter()
    subprocess.run([JOBLOAD, "validate"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began_s


def _run() -> tuple[float, float]:
    began_s = perf_counter()
    with _running() as lines:
        next(lines)
        first_line_s = perf_counter() - began_s
        address = next(found[1] for line in lines if (found := _ADDRESS.search(line)))
        _await_request(address)
        return first_line_s, perf_counter() - began_s


@contextmanager
def _running() -> Iterator[Iterator[str]]:
    """What it says. It ends as after Ctrl+C: in order, and its target with it."""
    with TemporaryDirectory() as results:
        process = subprocess.Popen(
            [JOBLOAD, "run", "--scenario", "light", "--results", results],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={n: v for n, v in os.environ.items() if not n.startswith(("LOCUST_", "JOBLOAD_"))},
        )
        assert process.stdout is not None
        try:
            yield iter(process.stdout)
        finally:
            process.terminate()
            process.communicate(timeout=WITHIN_S)


def _await_request(address: str) -> None:
    until_s = perf_counter() + WITHIN_S
    at = urlsplit(address)
    client = HTTPConnection(str(at.hostname), at.port, timeout=WITHIN_S)
    try:
        while perf_counter() < until_s:
            client.request("GET", "/metrics")
            if POSTS.search(client.getresponse().read().decode()):
                return
            sleep(LOOK_EVERY_S)
    finally:
        client.close()
    sys.exit(f"no request came within {WITHIN_S:.0f} s")
