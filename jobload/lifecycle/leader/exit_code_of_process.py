"""The exit code of the process: that of its worst run, and 3 while a run has no verdict.

A locustfile may set one as well. Whichever is worse stands, and is told.
"""

from __future__ import annotations

from locust.env import Environment

from jobload.judge.exit_code import INVALID, PASSED, worst_exit_code


class ExitCodeOfProcess:
    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._codes: list[int] = []
        self._ours: int | None = environment.process_exit_code
        self._theirs: int | None = None
        self._lacks_a_verdict = False

    def run_begins(self) -> None:
        self._lacks_a_verdict = True
        self._set(INVALID)

    def run_ends(self, code: int) -> None:
        self._lacks_a_verdict = False
        self._codes.append(code)
        self.idle()

    def idle(self) -> None:
        self._set(worst_exit_code(self._codes))

    def _set(self, code: int) -> None:
        self._note_theirs()
        self._ours = self._environment.process_exit_code = code

    def _note_theirs(self) -> None:
        """What was set since the last time was not set here; their last word counts."""
        if self._environment.process_exit_code != self._ours:
            self._theirs = self._environment.process_exit_code

    def settle(self, of_locust: int) -> str | None:
        """After all other listeners: the worse code is set. One sentence where somebody else says
        another than the verdict; `of_locust` is what Locust would say by itself."""
        self._note_theirs()
        codes = [*self._codes, INVALID] if self._lacks_a_verdict else self._codes
        ours, theirs = worst_exit_code(codes), self._theirs
        stands = ours if ours != PASSED or theirs is None else theirs
        self._ours = self._environment.process_exit_code = stands
        if theirs is not None and theirs != ours:
            return f"The locustfile sets exit code {theirs}, the verdict {ours}; {stands} stands."
        if theirs is None and of_locust and ours == PASSED:
            return (
                f"Locust by itself would end with exit code {of_locust}, as it does for any failed"
                " request or exception; the checks allow them, so it is 0."
            )
        return None
