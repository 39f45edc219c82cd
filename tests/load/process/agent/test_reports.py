from __future__ import annotations

from functools import partial
from time import process_time

import gevent
import pytest
from gevent import monkey
from one_process import OneProcess, wait_until

from jobload.load.process import reporter

from .conftest import FIRST, SECOND

pytestmark = pytest.mark.waits


def _has_succeeded(process: OneProcess, least: int) -> bool:
    return process.succeeded() >= least


def test_reports_are_numbered_and_cumulative(process: OneProcess) -> None:
    process.add()
    process.say("load")
    for least in (1, 5, 9):
        wait_until(partial(_has_succeeded, process, least))
        process.agent.report()
    assert [snapshot.seq for snapshot in process.sent] == [1, 2, 3, 4]
    offered = [s.stages[0].record.offered for s in process.sent[1:]]
    assert offered == sorted(offered)
    assert process.sent[-1].users == 1
    assert process.sent[-1].obeyed == 1


def test_a_report_comes_with_each_second_of_the_run(process: OneProcess) -> None:
    process.say("load", elapsed_s=41.8)
    before = len(process.sent)
    wait_until(lambda: len(process.sent) > before + 1)
    assert [snapshot.second for snapshot in process.sent[before:]] == [41, 42]


def test_a_report_between_two_seconds_is_of_the_second_that_has_begun(process: OneProcess) -> None:
    """As the last word is: what is new in it has happened since the second began."""
    process.say("load", elapsed_s=41.95)
    wait_until(lambda: process.sent[-1].second == 41)
    gevent.sleep(0.2)
    process.agent.report()
    assert process.sent[-1].second == 42


@pytest.mark.parametrize("stood_still_s", [0.8, 1.8, 2.8])
def test_what_came_before_a_process_stood_still_is_of_the_second_in_which_it_came(
    process: OneProcess, stood_still_s: float
) -> None:
    """From the middle of a second to the middle of a later one."""
    process.say("load", elapsed_s=41.95)
    wait_until(lambda: process.sent[-1].second == 41)
    gevent.sleep(0.5)
    monkey.get_original("time", "sleep")(stood_still_s)
    process.agent.report()
    assert process.sent[-1].second == 42
    gevent.sleep(0.1)
    process.agent.report()
    assert process.sent[-1].second == int(42.6 + stood_still_s)


def test_a_clock_that_is_corrected_moves_what_is_new_with_it(process: OneProcess) -> None:
    process.say("load", elapsed_s=41.95)
    wait_until(lambda: process.sent[-1].second == 41)
    process.agent.follow(process.word("load", elapsed_s=43.4))
    process.agent.report()
    assert process.sent[-1].second == 43


def test_a_report_tells_the_work_in_hand(stuck: OneProcess) -> None:
    stuck.agent.report()
    snapshot = stuck.sent[-1]
    assert (snapshot.in_flight, snapshot.idle) == (1, False)
    stage = snapshot.stages[0].record
    assert stage.offered == stage.started + stage.missed + snapshot.backlog


def test_crashes_are_told_once_each_and_not_without_end(process: OneProcess) -> None:
    for n in range(10_000):
        process.agent.report_crash(f"{n % 50} " + "x" * 10_000)
    process.agent.report()
    crashes = process.sent[-1].crashes
    assert len(set(crashes)) == len(crashes) == reporter.MAX_CRASHES
    assert max(map(len, crashes)) <= reporter.MAX_CRASH_CHARACTERS


def test_cpu_time_is_that_of_the_stage(process: OneProcess) -> None:
    process.say("load")
    until_s = process_time() + 0.05
    while process_time() < until_s:
        pass
    process.say("load", stage=1)
    first, second = process.record(FIRST), process.record(SECOND)
    assert 0.05 <= first.cpu_s <= first.wall_s + 0.01
    assert second.cpu_s == 0.0
    process.agent.report()
    assert 0.0 < second.cpu_s < 0.05
