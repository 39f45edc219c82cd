"""Notes how the checks stand, so that each knows since when."""

from __future__ import annotations

from jobload.live.live_checks import LiveCheck, LiveStatus, live_checks
from jobload.live.live_run import RunSource


class CheckWatch:
    """`since_s` is in seconds of the run."""

    def __init__(self, control: RunSource) -> None:
        self._control = control
        self._run_id = ""
        self._states: dict[tuple[int, str], tuple[LiveStatus, float]] = {}
        self.checks: list[LiveCheck] = []

    def since_s(self, key: tuple[int, str], status: LiveStatus) -> float | None:
        """None when the check was not seen like that."""
        seen, since_s = self._states.get(key, (None, None))
        return since_s if seen == status else None

    def look(self) -> None:
        run = self._control.run
        if run is None or (run.result is not None and run.id == self._run_id):
            return
        if run.id != self._run_id:
            self._run_id, self._states = run.id, {}
        self.checks = live_checks(run)
        for check in self.checks:
            if self._states.get(check.key, (None, 0.0))[0] != check.status:
                self._states[check.key] = check.status, run.elapsed_s
