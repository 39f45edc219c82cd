"""The exit code of the process: that of its worst run, and 3 while a run has no verdict."""

from __future__ import annotations

from locust.env import Environment

INVALID = 3
_FROM_BEST = (0, 1, 2, INVALID, 129, 143, 130)


class ExitCodes:
    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._worst = 0
        self._runs = 0

    def run_begins(self) -> None:
        self._environment.process_exit_code = INVALID

    def run_ends(self, code: int) -> None:
        self._runs += 1
        if _FROM_BEST.index(code) > _FROM_BEST.index(self._worst):
            self._worst = code
        self._environment.process_exit_code = self._worst

    def idle(self) -> None:
        """No run at all is no failure."""
        self._environment.process_exit_code = self._worst
