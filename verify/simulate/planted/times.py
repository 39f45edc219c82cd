"""Faults in whose time it is, and when."""

from __future__ import annotations

import time
from typing import Any

from jobload.lifecycle.leader.run import Run
from jobload.lifecycle.leader.scenario_run import ScenarioRun
from jobload.load.pacing.run_clock import RunClock
from jobload.load.process.reporter import Reporter
from jobload.load.users.request_course import RequestCourse
from jobload.load.users.tally import Tally
from jobload.measure.series import Series
from verify.simulate.planted.faults import Faults, substitute, wrap

FAULTS = Faults()


@FAULTS.planted(270)
def upper_and_lower_swapped() -> None:
    def flush(plain: Any, tally: Any) -> None:
        endpoint = tally.endpoint
        upper, lower = endpoint.response_time, endpoint.response_time_lower
        endpoint.response_time, endpoint.response_time_lower = lower, upper
        plain(tally)
        endpoint.response_time, endpoint.response_time_lower = upper, lower

    wrap(Tally, "flush", flush)


@FAULTS.planted(20)
def waiting_not_in_the_response_time() -> None:
    """From the start of an operation, and not from when it was intended."""

    def operate(plain: Any, course: Any, intended_s: float, *args: Any, **more: Any) -> Any:
        return plain(course, time.perf_counter(), *args, **more)

    wrap(RequestCourse, "operate", operate)


@FAULTS.planted(2)
def second_off_by_one() -> None:
    wrap(Reporter, "_second", lambda plain, reporter: plain(reporter) + 1)


@FAULTS.planted(2)
def seconds_add_up_twice() -> None:
    """A second is all that was counted until it, in every third report."""

    def add(
        plain: Any, series: Any, key: Any, second: int, worker: str, newer: Any, older: Any
    ) -> None:
        plain(series, key, second, worker, newer, None if second % 3 == 0 else older)

    wrap(Series, "add", add)


@FAULTS.planted(13)
def clock_from_a_stale_word() -> None:
    """A worker's second is that of the word that came first, however long it took."""

    def hear(plain: Any, clock: Any, elapsed_s: float) -> None:
        if not clock._begins_s:
            plain(clock, elapsed_s)

    wrap(RunClock, "hear", hear)


@FAULTS.planted(0)
def run_by_the_time_of_day() -> None:
    origin: dict[int, float] = {}

    def elapsed_s(run: Any) -> float:
        return time.time() - origin.setdefault(id(run), time.time())

    substitute(Run, "elapsed_s", property(elapsed_s))


@FAULTS.planted(1)
def stages_change_late() -> None:
    wrap(ScenarioRun, "stage_ends_s", lambda plain, own, n: plain(own, n) + 0.08 * n + 0.06)
