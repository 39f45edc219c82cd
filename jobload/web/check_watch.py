"""Looks at the checks once a second, so that each knows since when it stands as it does."""

from __future__ import annotations

import logging

import gevent

from jobload.web.desk import Desk
from jobload.web.live_checks import LiveCheck, LiveStatus, live_checks

EVERY_S = 1.0
logger = logging.getLogger("jobload")


class CheckWatch:
    """`since_s` is in seconds of the run."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._run_id = ""
        self._states: dict[tuple[int, str], tuple[LiveStatus, float]] = {}
        self.checks: list[LiveCheck] = []

    def start(self) -> None:
        gevent.spawn(self._watch)

    def since_s(self, check: LiveCheck) -> float | None:
        _, since_s = self._states.get(check.key, (None, None))
        return since_s

    def look(self) -> None:
        run = self._desk.run
        if run is None or (run.result is not None and run.id == self._run_id):
            return
        if run.id != self._run_id:
            self._run_id, self._states = run.id, {}
        self.checks = live_checks(run)
        for check in self.checks:
            if self._states.get(check.key, (None, 0.0))[0] != check.status:
                self._states[check.key] = check.status, run.elapsed_s

    def _watch(self) -> None:
        while True:
            gevent.sleep(EVERY_S)
            try:
                self.look()
            except Exception:
                # The run goes on, and its verdict does not come from here.
                logger.exception("The checks could not be looked at")
