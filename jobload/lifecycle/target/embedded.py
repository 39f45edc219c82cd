"""The stand-in target, started as a process of its own for runs without --host.

Nothing but the standard library is imported here before the target starts: it is to get ready while
the rest of this process, Locust above all, is imported.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import tempfile
from functools import cached_property
from time import monotonic

from jobload.lifecycle.target.stand_in import target_command, target_environ, what_it_lacks

READY_WITHIN_S = 30.0
STOP_WITHIN_S = 45.0
logger = logging.getLogger("jobload")


class TargetError(Exception):
    """One sentence on why there is no target."""


class EmbeddedTarget:
    """Starts at once, and runs until `stop`, or until this process is gone, however it ends.

    Job workers take every job that waits, so a run that only submits is better off without them.
    """

    def __init__(self, *, job_workers: int = 0, port: int = 0) -> None:
        if (sentence := what_it_lacks()) is not None:
            from jobload.plan.problem import PlanError, option_problem

            raise PlanError([option_problem("", sentence)])
        self.job_workers = job_workers
        self._is_ours = True
        self.is_stopped = False
        job_worker_options = ("--job-workers", str(job_workers)) if job_workers else ()
        try:
            self._said = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the target
            self._process = subprocess.Popen(
                target_command("--port", str(port), "--ignore-sigint", *job_worker_options),
                env=target_environ(os.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                start_new_session=True,
            )
        except OSError as error:
            raise TargetError(f"The embedded target did not start: {error.strerror}") from None

    def let_go(self) -> None:
        """In a process that the starter has forked, which neither holds nor ends it."""
        self._is_ours = False
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    @cached_property
    def url(self) -> str:
        """Once it is ready; TargetError when it does not get so."""
        try:
            url = self._read_url()
        except BaseException:
            self.stop()  # a signal, while it started
            raise
        for line in self._lines():
            logger.warning("The embedded target: %s", line)
        return url

    def _read_url(self) -> str:
        from gevent.select import select

        assert self._process.stdout is not None
        deadline_s = monotonic() + READY_WITHIN_S
        line = b""
        while not line.endswith(b"\n"):
            readable, _, _ = select([self._process.stdout], [], [], deadline_s - monotonic())
            piece = self._process.stdout.readline() if readable else b""
            if not piece:
                raise TargetError(self._why_not())
            line += piece
        return str(json.loads(line)["url"])

    def _why_not(self) -> str:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
            return f"The embedded target was not ready within {READY_WITHIN_S:.0f} s."
        lines = self._lines()
        return f"The embedded target did not start: {lines[-1] if lines else 'it gave no reason'}"

    def _lines(self) -> list[str]:
        self._said.seek(0)
        return self._said.read().decode("utf-8", "replace").strip().splitlines()

    @property
    def ended_by_itself(self) -> bool:
        return self._process.poll() is not None

    def stop(self) -> None:
        self.is_stopped = True
        if not self._is_ours or self._process.poll() is not None:
            return
        import gevent

        self._process.terminate()
        deadline_s = monotonic() + STOP_WITHIN_S
        while self._process.poll() is None and monotonic() < deadline_s:
            gevent.sleep(0.01)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
