"""Watches the scenario that runs for checks that shall end it."""

from __future__ import annotations

from jobload.judge.checks.abort_watch import AbortWatch
from jobload.judge.checks.outcome import CheckOutcome
from jobload.lifecycle.leader.load_processes import LoadProcesses
from jobload.lifecycle.leader.run import Run


class AbortGuard:
    def __init__(self, run: Run, processes: LoadProcesses) -> None:
        self._run = run
        self._processes = processes
        self._position = -1
        self._watch: AbortWatch | None = None

    def breach(self) -> CheckOutcome | None:
        """The check that is breached, if the scenario that runs has one that ends it."""
        run = self._run
        if run.phase != "load" or run.setup.profile_only:
            return None
        if self._position != run.position:
            self._position = run.position
            checks = run.setup.checks.get(run.scenario.name, ())
            self._watch = AbortWatch(run.scenario, checks, run.window_log)
        assert self._watch is not None
        if not self._watch.has_something_to_watch:
            return None
        return self._watch.breach(run.live_stages(), self._told_s())

    def _told_s(self) -> float:
        """Up to here every process has told what it did; what is still to be told is no breach."""
        told = [
            view.told_until_s
            for view in self._run.collector.workers.values()
            if not (view.lost or self._processes.is_gone(view.id))
        ]
        return min(told, default=0.0)


def breach_text(breach: CheckOutcome) -> str:
    return f"{breach.spec.metric} {breach.actual_text}, expected {breach.spec.expect}" + (
        f" ({breach.detail})" if breach.detail else ""
    )
