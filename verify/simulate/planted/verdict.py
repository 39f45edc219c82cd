"""Faults in how it is judged."""

from __future__ import annotations

import time
from typing import Any

import jobload.judge.diagnosis as diagnosis_module
import jobload.judge.stretches.reading as reading
import jobload.judge.validity.validity as validity_module
import jobload.judge.verdict as verdict_module
import jobload.load.users.long_wait as long_wait
from jobload.judge.validity.finding import ValidityCheck
from jobload.lifecycle.leader.exit_code_of_process import ExitCodeOfProcess
from jobload.lifecycle.leader.leader import Leader
from jobload.load.users.request_course import RequestCourse
from jobload.measure.histogram import Histogram
from verify.simulate.planted.faults import Faults, substitute, wrap

FAULTS = Faults()


@FAULTS.planted(1)
def last_words_not_awaited() -> None:
    substitute(Leader, "_await_finals", lambda *_: None)


@FAULTS.planted(228)
def standstill_leaves_no_trace() -> None:
    """Of a whole stage of a closed model, in which nobody was free to begin anything."""
    substitute(long_wait, "_miss", lambda *_: None)


@FAULTS.planted(14)
def losses_do_not_matter() -> None:
    fine = ValidityCheck("workers-complete", "PASS", "", "")
    substitute(validity_module, "workers_complete", lambda run: fine)


@FAULTS.planted(15)
def failures_exit_with_zero() -> None:
    wrap(
        ExitCodeOfProcess,
        "run_ends",
        lambda plain, codes, code: plain(codes, 0 if code == 1 else code),
    )


@FAULTS.planted(20)
def undecided_passes() -> None:
    def status(plain: Any, trust: Any, decisive: Any, profile_only: bool) -> Any:
        return plain(trust, [s for s in decisive if s != "FAIL"], profile_only)

    wrap(verdict_module, "_status", status)


@FAULTS.planted(53)
def generators_delay_is_the_targets() -> None:
    """Who was given an arrival late is taken to have been free no sooner."""

    def operate(plain: Any, course: Any, *args: Any, **more: Any) -> Any:
        course._user.free_s = time.perf_counter()
        return plain(course, *args, **more)

    wrap(RequestCourse, "operate", operate)


@FAULTS.planted(1)
def what_goes_on_leaves_windows_open() -> None:
    substitute(reading, "_judged_later", lambda *_: Histogram())


@FAULTS.planted(53)
def pauses_are_told_as_too_few_users() -> None:
    """Users that were really free are taken for those that the target keeps."""
    substitute(diagnosis_module, "excused", lambda *_: 0)
