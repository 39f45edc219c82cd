"""The process that tells of runs to the outside, as the one that leads them sees it.

To tell it something never waits: while it is busy, the newest frame takes the place of the one
before. Whatever becomes of it, the run goes on.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import gevent
import msgspec
from gevent.event import Event

from jobload.live.metrics.frame import Frame, TracedOperation
from jobload.web.exporter.exporter_messages import ExporterEvent, ExporterSettings, Message, packed

MODULE = "jobload.web.exporter.exporter_process"
READY_WITHIN_S = 20.0
PUSHED_WITHIN_S = 6.0
ENDS_WITHIN_S = 2.0
LATE_S = 2.0
LONGEST_WAIT_S = 65.0
"""For the last look of who scrapes; most do once a minute, or more often."""
MOST_TRACED = 10_000


class Exporter:
    """`on_problem` is told, in one sentence, what went wrong; once for each kind of trouble."""

    def __init__(self, settings: ExporterSettings, on_problem: Callable[[str], None]) -> None:
        self._settings = settings
        self._on_problem = on_problem
        self._frame: Frame | None = None
        self._traced: list[TracedOperation] = []
        self._something = Event()
        self._changed = Event()
        self._is_ready = self._has_pushed = self._has_been_seen = self._is_closing = False
        self._had_problem = False
        self._scrapes_s: list[float] = []
        """When the last two came."""
        self._process: Any = subprocess.Popen(
            [sys.executable, "-P", "-m", MODULE, msgspec.json.encode(settings).decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=() if settings.socket is None else (settings.socket,),
            start_new_session=True,
        )
        if settings.socket is not None:
            os.close(settings.socket)
        self._writer = gevent.spawn(self._write)
        self._reader = gevent.spawn(self._read)

    def gets_ready(self) -> bool:
        deadline_s = monotonic() + READY_WITHIN_S
        while not self._is_ready and not self._reader.ready() and monotonic() < deadline_s:
            self._wait(deadline_s - monotonic())
        if not self._is_ready:
            self.close()
        return self._is_ready

    def tell(self, frame: Frame, traced: list[TracedOperation]) -> None:
        self._frame = frame
        self._traced += traced
        del self._traced[:-MOST_TRACED]
        if frame.state == "running":
            self._has_pushed = self._has_been_seen = False
        self._something.set()

    def _write(self) -> None:
        try:
            while True:
                self._something.wait()
                self._something.clear()
                message = Message(self._frame, self._traced)
                self._frame, self._traced = None, []
                self._process.stdin.write(packed(message))
                self._process.stdin.flush()
        except OSError:
            pass  # it is gone, as the reader finds

    def _read(self) -> None:
        for line in self._process.stdout:
            event = msgspec.json.decode(line, type=ExporterEvent)
            self._is_ready |= event.ready
            self._has_pushed |= event.pushed
            self._has_been_seen |= event.is_last
            if event.scraped:
                self._scrapes_s = [*self._scrapes_s[-1:], monotonic()]
            if event.problem:
                self._had_problem = True
                self._on_problem(event.problem)
            self._changed.set()
        if not self._is_closing:
            self._on_problem("The process that tells metrics has ended; the run goes on without.")
        self._changed.set()

    def await_pushed(self, within_s: float = PUSHED_WITHIN_S) -> None:
        """Until the endpoint has, or has not taken, what the run came to."""
        if self._settings.otlp is None:
            return
        deadline_s = monotonic() + within_s
        self._await(lambda: self._has_pushed, lambda: deadline_s - monotonic())
        if not (self._has_pushed or self._had_problem):
            self._on_problem(
                f"--otlp {self._settings.otlp}: what the run came to was not taken within"
                f" {within_s:g} s."
            )

    @property
    def last_look_within_s(self) -> float:
        """Of whoever has scraped the run while it went on: as long after the one before as usual;
        0.0: nobody has, or has seen its end already."""
        if not self._scrapes_s or self._has_been_seen:
            return 0.0
        usual_s = self._scrapes_s[-1] - self._scrapes_s[0] or LONGEST_WAIT_S
        since_s = monotonic() - self._scrapes_s[-1]
        return max(0.0, min(LONGEST_WAIT_S, usual_s + LATE_S) - since_s)

    def await_last_look(self) -> None:
        """Of a run without a verdict there is none, however often somebody looks."""
        deadline_s = monotonic() + LONGEST_WAIT_S
        self._await(
            lambda: self._has_been_seen,
            lambda: min(self.last_look_within_s, deadline_s - monotonic()),
        )

    def give_up_waiting(self) -> None:
        """Nobody waits for the last look any more."""
        self._has_pushed = self._has_been_seen = True
        self._changed.set()

    def _await(self, done: Callable[[], bool], left_s: Callable[[], float]) -> None:
        """What is heard of scrapes meanwhile may change how long."""
        while not done() and not self._reader.ready() and (wait_s := left_s()) > 0:
            self._wait(wait_s)

    def _wait(self, seconds: float) -> None:
        self._changed.wait(min(seconds, 0.5))
        self._changed.clear()

    def close(self) -> None:
        self._is_closing = True
        self._writer.kill()
        if self._process.poll() is None:
            self._process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(ENDS_WITHIN_S)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
