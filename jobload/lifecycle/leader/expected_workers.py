"""Waits for the workers of --expect-workers, and ends the run when too few come.

Locust 2.47 would end the process with exit code 1, which here means that a check is breached.
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any

import gevent
from locust.runners import MasterRunner

from jobload.judge.exit_code import INVALID
from jobload.lifecycle.leader.leader import Leader
from jobload.lifecycle.leader.run_start import RunStart
from jobload.report.terminal.streams import tell

OWN_WORKERS_WITHIN_S = 60.0
"""Of --processes, which begin with their master: one that died was waited for without end."""


def expect_workers(leader: Leader, runner: MasterRunner, run_start: RunStart) -> None:
    options: Any = leader.environment.parsed_options
    if options.processes and (options.headless or options.autostart):
        options.expect_workers_max_wait = options.expect_workers_max_wait or OWN_WORKERS_WITHIN_S
    if within_s := options.expect_workers_max_wait:
        options.expect_workers_max_wait = 0  # Locust waits on, and the rest is ours
        gevent.spawn(_expect, leader, runner, run_start, int(options.expect_workers), within_s)


def _expect(
    leader: Leader, runner: MasterRunner, run_start: RunStart, expected: int, within_s: float
) -> None:
    until_s = perf_counter() + within_s
    while leader.latest is None:
        if (came := len(runner.clients.ready)) < expected:
            if perf_counter() >= until_s:
                break
        elif leader.prepared is None:
            return  # the web UI may begin
        gevent.sleep(0.1)  # also if all are there: Locust has yet to see it, and one may leave
    else:
        return
    sentence = f"{came} of {expected} workers came within {within_s:g} s"
    if leader.prepared is None:
        tell(f"{sentence}.")
        leader.exit_code.run_ends(INVALID)
    else:
        run_start.call_off(sentence)
    runner.quit()
    leader.has_quit = True
    sys.exit(leader.environment.process_exit_code)
