"""One tool under one fault: what it claimed, how it ended, and what was true."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from struct import pack
from threading import Event, Thread
from time import sleep
from typing import IO, Any

import psutil

from verify.who_notices.claim import Claim
from verify.who_notices.environment import HOME, NotHereError
from verify.who_notices.fault import ACTS_AFTER_S, Fault, Running
from verify.who_notices.job import P95_MS, Job
from verify.who_notices.tool import Tool

ROOT = Path(__file__).resolve().parents[2]
ENDS_WITHIN_S = 60.0
SHOWN_PORT = "http://127.0.0.1:8000"
INVALID = "INVALID"
NOTHING = Claim()


@dataclass(frozen=True, slots=True)
class Cell:
    """`exit`: None when it had to be killed. `missing`: why it was not tried."""

    tool: str
    fault: str
    command: str = ""
    files: tuple[tuple[str, str], ...] = ()
    exit: int | None = None
    claim: Claim = NOTHING
    counted: int = 0
    """Requests that reached the server."""
    failed: int = 0
    """Of them, those answered with an error or not at all."""
    missing: str = ""

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, written: dict[str, Any]) -> Cell:
        files = tuple((name, text) for name, text in written["files"])
        return cls(**{**written, "claim": Claim(**written["claim"]), "files": files})


def verdict(cell: Cell, fault: Fault) -> str:
    """One word; `right` and `noticed` are what it should be."""
    if cell.missing:
        return "–"
    if cell.exit is None:
        return "hung"
    if fault.owner == "nobody":
        return "right" if cell.exit == 0 else "false alarm"
    if fault.owner == "generator":
        trusted = cell.exit == 0 and (cell.claim.p95_ms or 0.0) <= P95_MS
        if trusted or cell.claim.words == INVALID:
            return "right"
        return "wrong figures" if cell.exit == 0 else "blames the target"
    if fault.owner == "target" and cell.claim.words == INVALID:
        return "undecided"
    return "noticed" if cell.exit else "missed"


def is_right(word: str) -> bool:
    return word in ("right", "noticed")


def measure(tool: Tool, fault: Fault) -> Cell:
    if reason := _objection(tool, fault):
        return Cell(tool.name, fault.name, missing=reason)
    with tempfile.TemporaryDirectory(prefix="who-notices-") as place:
        folder = Path(place)
        with _server(fault.target) as server:
            url = f"http://127.0.0.1:{server.port}/api/v1/jobs"
            job = Job(url, rate=fault.rate, processes=fault.processes, most_users=fault.most_users)
            try:
                command = tool.command(job, folder)
            except NotHereError as error:
                return Cell(tool.name, fault.name, missing=str(error))
            files = tuple(_shown(path, job) for path in sorted(folder.iterdir()))
            ended, output = _run(command, folder, job, fault, server.began)
            claim = tool.claim(folder, output)
        shown = shlex.join(command).replace(f"{HOME}/", "").replace(job.host, SHOWN_PORT)
        shown = shown.replace(str(Path(sys.executable).parent) + "/", "")
        return Cell(
            tool.name,
            fault.name,
            shown,
            files,
            ended,
            claim,
            server.counted,
            server.counted - server.good,
        )


def _objection(tool: Tool, fault: Fault) -> str:
    if fault.processes > 1 and not tool.with_workers:
        return "it has no workers"
    if fault.steps_clock and not tool.on_libc:
        return "it does not take the time from libc, where it is stepped"
    if fault.steps_clock and shutil.which("cc") is None:
        return "a C compiler, for the stepped clock, is not installed"
    return ""


def _shown(path: Path, job: Job) -> tuple[str, str]:
    return path.name, path.read_text().replace(job.host, SHOWN_PORT)


@dataclass
class Server:
    port: int
    began: Event
    """Set with the first request."""
    counted: int = 0
    good: int = 0


@contextmanager
def _server(fault: str) -> Iterator[Server]:
    command = [sys.executable, "-m", "verify.who_notices.server", fault]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        server = Server(int(process.stdout.readline()), Event())
        listening = Thread(target=_listen, args=(process.stdout, server))
        listening.start()
        try:
            yield server
            process.stdin.close()
            listening.join()
        finally:
            process.kill()


def _listen(output: IO[str], server: Server) -> None:
    for line in output:
        if line == "began\n":
            server.began.set()
        else:
            told = json.loads(line)
            server.counted = told["requests"]
            server.good = sum(n for status, n in told["statuses"].items() if int(status) < 400)


def _run(
    command: list[str], folder: Path, job: Job, fault: Fault, began: Event
) -> tuple[int | None, str]:
    clock = folder / "clock"
    clock.write_bytes(pack("d", 0.0))
    log = folder / "output"
    with log.open("wb") as output:
        process = psutil.Popen(
            command,
            cwd=folder,
            env=_environ(command, clock if fault.steps_clock else None),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        act = Thread(target=_act, args=(fault, Running(process, clock), began), daemon=True)
        act.start()
        try:
            ended: int | None = process.wait(job.seconds + ENDS_WITHIN_S)
        except psutil.TimeoutExpired:
            ended = None
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return ended, log.read_text(errors="replace")


def _environ(command: list[str], clock: Path | None) -> dict[str, str]:
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ['PATH']}"
    if clock is None:
        return os.environ | {"PATH": path}
    shim = clock.with_name("stepped_clock.so")
    source = Path(__file__).with_name("stepped_clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], check=True)
    return os.environ | {"PATH": path, "LD_PRELOAD": str(shim), "STEPPED_CLOCK": str(clock)}


def _act(fault: Fault, running: Running, began: Event) -> None:
    if fault.act is None or not began.wait(ENDS_WITHIN_S):
        return
    sleep(ACTS_AFTER_S)
    with suppress(psutil.NoSuchProcess):
        fault.act(running)
