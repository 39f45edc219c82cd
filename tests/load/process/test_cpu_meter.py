from time import process_time, sleep
from typing import Any
from unittest import mock

import pytest

from jobload.load.process.cpu_meter import CpuMeter, stolen_s
from jobload.measure.stage_record import StageRecord

pytestmark = pytest.mark.timed


def burn(seconds: float) -> None:
    until_s = process_time() + seconds
    while process_time() < until_s:
        pass


def test_time_goes_to_the_stage_in_which_it_passed() -> None:
    lost_s = iter([5.0, 5.0, 5.25, 6.0])
    meter = CpuMeter(lambda: next(lost_s))
    first, second = StageRecord(), StageRecord()
    burn(0.03)
    meter.account(None)
    burn(0.05)
    meter.account(first)
    meter.account(second)
    assert 0.05 <= first.cpu_s <= first.wall_s + 0.001  # two clocks
    assert second.cpu_s < 0.03
    assert (first.stolen_s, second.stolen_s) == (0.25, 0.75)


def test_the_share_of_a_core_is_that_of_the_last_account() -> None:
    meter = CpuMeter()
    burn(0.2)
    sleep(0.5)
    meter.account(None)
    busy_percent = meter.percent
    assert 0 < busy_percent < 60
    meter.account(None)
    assert meter.percent == busy_percent, "so short a time says nothing new"
    sleep(0.55)
    meter.account(None)
    assert meter.percent < busy_percent


def test_a_machine_cannot_lose_less_than_nothing() -> None:
    """Some hypervisors count backwards after a migration."""
    lost_s = iter([5.0, 4.0])
    meter = CpuMeter(lambda: next(lost_s))
    stage = StageRecord()
    meter.account(stage)
    assert stage.stolen_s == 0.0


def test_what_this_machine_has_lost_only_grows() -> None:
    first = stolen_s()
    assert 0.0 <= first <= stolen_s()


@pytest.mark.parametrize(
    "said",
    [
        [5.0, OSError(24, "Too many open files")],
        [FileNotFoundError(2, "No such file or directory", "/proc/stat")] * 2,
        [FileNotFoundError(2, "No such file or directory", "/proc/stat"), 5.0],
    ],
    ids=["later", "never", "at first"],
)
def test_what_nobody_says_was_not_lost_and_the_rest_is_counted_all_the_same(said: Any) -> None:
    ask = mock.Mock(side_effect=said)
    meter = CpuMeter(ask)
    stage = StageRecord()
    burn(0.03)
    meter.account(stage)
    assert stage.cpu_s >= 0.03
    assert stage.stolen_s == 0.0
