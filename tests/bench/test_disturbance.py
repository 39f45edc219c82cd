import os
import time

import pytest

from bench.disturbance import STAT, disturbance_watch, stolen_s
from bench.speed_probe import Speed

STAT_TEXT = """cpu  30 0 30 300 0 0 0 750 0 0
cpu0 10 0 10 100 0 0 0 250 0 0
cpu1 20 0 20 200 0 0 0 500 0 0
intr 12345 0
ctxt 678
"""


def test_the_kernel_tells_what_each_core_lost_in_hundredths_of_a_second() -> None:
    assert stolen_s(STAT_TEXT) == {0: 2.5, 1: 5.0}
    assert set(stolen_s(STAT.read_text())) >= os.sched_getaffinity(0)


def test_a_count_that_took_twice_as_long_as_usual_was_slow() -> None:
    assert Speed.of([10.0] * 96 + [20.0, 20.1, 60.0, 200.0]) == Speed(10.0, 3.0)


@pytest.mark.processes
def test_a_watch_tells_of_the_time_since_it_began() -> None:
    core = min(os.sched_getaffinity(0))
    with disturbance_watch(core, core) as watch:
        watch.begin()
        time.sleep(0.2)
        conditions = watch.conditions()
    assert 0 < conditions.count_us < 10_000
    assert 0 <= conditions.disturbed_percent <= 110
