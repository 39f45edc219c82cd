"""Watches the scenario that runs for checks that shall end it."""

from __future__ import annotations

from jobload.judge.checks.outcome import CheckOutcome
from jobload.judge.checks.windowed import first_breach
from jobload.lifecycle.leader.load_processes import LoadProcesses
from jobload.lifecycle.leader.run import Run


class AbortGuard:
    def __init__(self, run: Run, processes: LoadProcesses) -> None:
        self._run = run
        self._processes = processes

    def breach(self) -> CheckOutcome | None:
        """The check that is breached, if the scenario that runs has one that ends it."""
        run = self._run
        if run.phase != "load" or run.setup.profile_only:
            return None
        checks = run.setup.checks.get(run.scenario.name, ())
        if not any(check.is_windowed for check in checks):
            return None
        plan = run.scenario.stages()
        return first_breach(checks, run.window_log, run.live_stages(), plan, self._told_s())

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
