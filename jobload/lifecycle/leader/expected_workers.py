"""Waits for the workers of --expect-workers, and ends the run when too few come or none is heard.

Locust 2.47 would end the process with exit code 1, which here means that a check is breached.
"""

from __future__ import annotations

import sys
from math import inf
from time import perf_counter
from typing import Any

import gevent
from locust import main
from locust.runners import MasterRunner

from jobload.lifecycle.leader.leader import Leader
from jobload.lifecycle.leader.run_start import RunStart
from jobload.lifecycle.leader.runner_stop import QUIT

OWN_WORKERS_WITHIN_S = 60.0
"""Of --processes, which begin with their master: one that died was waited for without end."""
LOCUST_LOOKS_EVERY_S = 1
LOOK_EVERY_S = 0.02
DEAF = f"{QUIT}, and since then no worker is heard"


def expect_workers(leader: Leader, runner: MasterRunner, run_start: RunStart) -> None:
    options: Any = leader.environment.parsed_options
    if leader.prepared is not None:
        _look_often(runner, int(options.expect_workers))
    within_s, options.expect_workers_max_wait = options.expect_workers_max_wait, 0
    if options.processes:
        within_s = within_s or OWN_WORKERS_WITHIN_S
    # Locust waits on, and the rest is ours; but where somebody presses Start, nobody is awaited.
    if options.headless or options.autostart:
        expected, within_s = int(options.expect_workers), within_s or inf
        gevent.spawn(_expect, leader, runner, run_start, expected, within_s)


def _look_often(runner: MasterRunner, expected: int) -> None:
    """So that Locust's pause between two looks ends when all are there (`main.py`)."""
    time: Any = main.time  # type: ignore[attr-defined]  # which is ours: see steady_clock.py
    sleep = time.sleep

    def nap(seconds: float) -> None:
        if seconds != LOCUST_LOOKS_EVERY_S:
            sleep(seconds)
            return
        until_s = perf_counter() + seconds
        while len(runner.clients.ready) < expected and perf_counter() < until_s:
            gevent.sleep(LOOK_EVERY_S)

    time.sleep = nap


def _expect(
    leader: Leader, runner: MasterRunner, run_start: RunStart, expected: int, within_s: float
) -> None:
    """Locust's state says nothing: a worker that is lost before the test stops it."""
    until_s = perf_counter() + within_s
    while not leader.has_quit and leader.latest is None and runner.shape_greenlet is None:
        came, is_deaf = len(runner.clients.ready), not runner.greenlet
        if is_deaf or (came < expected and perf_counter() >= until_s):
            too_few = f"{came} of {expected} workers came within {within_s:g} s"
            run_start.call_off(DEAF if is_deaf else too_few)
            runner.quit()
            leader.has_quit = True
            sys.exit(leader.environment.process_exit_code)
        gevent.sleep(0.1)  # also if all are there: Locust has yet to see it, and one may leave
