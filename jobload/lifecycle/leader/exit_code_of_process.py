"""The exit code of the process: that of its worst run, and 3 while a run has no verdict."""

from __future__ import annotations

from locust.env import Environment

from jobload.judge.exit_code import INVALID, worst_exit_code


class ExitCodeOfProcess:
    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._codes: list[int] = []

    def run_begins(self) -> None:
        self._environment.process_exit_code = INVALID

    def run_ends(self, code: int) -> None:
        self._codes.append(code)
        self.idle()

    def idle(self) -> None:
        self._environment.process_exit_code = worst_exit_code(self._codes)
