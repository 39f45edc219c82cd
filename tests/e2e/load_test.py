"""A load test as its user runs it: real `locust` processes, alone or as master and workers."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Literal, Self

import psutil

from e2e.hosts import Host
from e2e.nursery import Process, nursery_for
from e2e.outcome import Outcome
from e2e.processes import MARK, assert_all_gone, kill_all, new_mark
from e2e.truth_server import closed_port
from e2e.waiting import wait_until
from target_app.children import start_child

ROOT = Path(__file__).resolve().parents[2]
LOCUST = Path(sys.executable).parent / "locust"
JOBLOAD = Path(sys.executable).parent / "jobload"
LOCUSTFILE = ROOT / "locustfile.py"
ENTRY = "jobload.lifecycle.entry"
"""What `jobload run` becomes."""
LOCUSTFILES = Path(__file__).parent / "locustfiles"
"""The standard one with users that tests need."""

Mode = Literal["local", "processes", "workers"]
MODES: tuple[Mode, ...] = ("local", "processes", "workers")


class LoadTest:
    """`processes` forks two workers, `workers` starts a master and two workers by themselves.

    Whatever is left of it when the block ends is killed; `outcome` asserts that nothing is.
    """

    bind_host = "127.0.0.1"

    def __init__(
        self,
        folder: Path,
        *options: str,
        host: str | None = None,
        mode: Mode = "local",
        workers: int = 2,
        expect_workers: int | None = None,
        headless: bool = True,
        locustfile: Path = LOCUSTFILE,
        program: Sequence[str] = (str(LOCUST),),
        environ: Mapping[str, str] | None = None,
        worker_environ: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.results = folder / "results"
        self.mark = new_mark()
        self.port = port or closed_port()
        self._folder = folder
        self._locustfile = locustfile
        self._program = program
        self._environ = os.environ | {MARK: self.mark, **(environ or {})}
        self._worker_environ = self._environ | dict(worker_environ or {})
        self._began_s = monotonic()
        leading = ["--headless"] if headless else []
        leading += ["--results", str(self.results), *options]
        leading += ["--host", host] if host else []
        leading += self._topology(mode, workers if expect_workers is None else expect_workers)
        self.head = self._start("head", leading, self._environ)
        self.workers: list[Process] = []
        if mode == "workers":
            for _ in range(workers):
                self.add_worker()

    def _topology(self, mode: Mode, workers: int) -> list[str]:
        if mode == "local":
            return []
        bind = ["--master-bind-host", self.bind_host, "--master-bind-port", str(self.port)]
        if mode == "processes":
            return ["--processes", str(workers), "--master-port", str(self.port), *bind]
        return ["--master", "--expect-workers", str(workers), *bind]

    def add_worker(self) -> Process:
        name = f"worker-{len(self.workers)}"
        worker = self._start(name, ["--worker", *self._at_master(name)], self._environ_of(name))
        self.workers.append(worker)
        return worker

    def _at_master(self, name: str) -> list[str]:
        return ["--master-host", "127.0.0.1", "--master-port", str(self.port)]

    def _environ_of(self, worker: str) -> dict[str, str]:
        return self._worker_environ

    def _start(self, name: str, options: Sequence[str], environ: Mapping[str, str]) -> Process:
        inside, host = self._inside(name), self._host(name)
        command = [*self._program, "-f", str(self._locustfile), *options]
        with (self._folder / f"{name}.log").open("wb") as log:
            if not inside and (nursery := nursery_for(self._program[0], environ)):
                return nursery.start(command, environ, log, host.holder.pid if host else None)
            command = [*inside, *(host.inside if host else []), sys.executable, *command]
            return start_child(command, environ=environ, output=log)

    def _inside(self, name: str) -> list[str]:
        """What comes before the command of a process that shall run elsewhere."""
        return []

    def _host(self, name: str) -> Host | None:
        """That it shall run on, if not this machine."""
        return None

    @property
    def console(self) -> str:
        return (self._folder / "head.log").read_text(errors="replace")

    def wait_for_console(self, text: str, within_s: float = 30.0) -> None:
        wait_until(lambda: text in self.console or self.has_ended, within_s, f"console: {text!r}")
        assert text in self.console, f"it ended without {text!r}: {self.console}"

    @property
    def has_ended(self) -> bool:
        return self.head.poll() is not None

    def forked_workers(self) -> list[int]:
        """Process ids of the workers of `--processes`, the youngest last.

        A few milliseconds: to ask all processes of the machine for their mark takes many more.
        """
        with suppress(psutil.Error):
            children = psutil.Process(self.head.pid).children()
            return sorted(child.pid for child in children if _is_locust(child.cmdline()))
        return []

    def interrupt(self, number: signal.Signals, everyone: bool = False) -> None:
        """Signals the head alone, as `kill` does, or with its children, as a terminal does."""
        if everyone:
            os.killpg(self.head.pid, number)
            for worker in self.workers:
                worker.send_signal(number)
        else:
            self.head.send_signal(number)

    def written(self) -> list[dict[str, Any]]:
        """The result of each run so far, in order."""
        files = sorted(self.results.glob("[0-9]*/result.json"))
        return [json.loads(file.read_text()) for file in files]

    def outcome(self, within_s: float) -> Outcome:
        """Waits for the end, and for the end of everything it has started."""
        try:
            exit_code = self.head.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {within_s:g} s: {self.console}") from None
        took_s = monotonic() - self._began_s
        for worker in self.workers:
            worker.wait(within_s)
        assert_all_gone(self.mark)
        return Outcome(exit_code, took_s, self.console, self.results, self.written())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        kill_all(self.mark)
        for process in (self.head, *self.workers):
            process.wait()
        if error is not None:
            error.add_note(f"console of {self._folder}:\n{self.console[-6000:]}")


def _is_locust(command: Sequence[str]) -> bool:
    return str(LOCUST) in command or ENTRY in command


def run_locust(folder: Path, *options: str, within_s: float = 60.0, **settings: Any) -> Outcome:
    with LoadTest(folder, *options, **settings) as test:
        return test.outcome(within_s)
