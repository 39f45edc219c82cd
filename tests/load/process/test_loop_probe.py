from __future__ import annotations

from collections.abc import Iterator

import pytest
from virtual_time import VirtualTime, virtual_time

from jobload.load.pacing.dispatcher import Dispatcher
from jobload.load.process.loop_probe import PERIOD_S, LoopProbe
from jobload.measure.histogram import Histogram
from jobload.measure.stage_record import StageRecord

pytestmark = pytest.mark.timed


class Probed:
    def __init__(self, time: VirtualTime) -> None:
        self.time = time
        self.dispatcher = Dispatcher()
        self.probe = LoopProbe(self.dispatcher)
        self.probe.start()

    @property
    def lag(self) -> Histogram:
        return self.dispatcher.stage.loop_lag


@pytest.fixture
def probed() -> Iterator[Probed]:
    with virtual_time() as time:
        yield Probed(time)


def test_a_loop_that_is_always_in_time_has_no_lag(probed: Probed) -> None:
    probed.time.pass_by(1.01)
    assert probed.lag.count == 20
    assert probed.lag.max_us == 0


def test_a_block_shows_with_its_length(probed: Probed) -> None:
    probed.time.pass_by(PERIOD_S + 0.001)
    probed.time.block(0.250)
    probed.time.pass_by(1.0)
    assert probed.lag.max_us == pytest.approx(201_000, abs=2)
    assert probed.lag.percentile_us(50) == 0


def test_a_loop_that_is_late_each_time_shows_it_each_time(probed: Probed) -> None:
    """The loop is busy whenever a turn of the probe is due, and 20 ms longer."""
    probed.time.pass_by(0.040)
    for _ in range(20):
        probed.time.block(0.030)
        probed.time.pass_by(0.020)
    assert probed.lag.count == 20
    assert probed.lag.min_us >= 19_000
    assert probed.lag.max_us <= 21_000


def test_each_stage_has_its_own_lag_and_none_between_them(probed: Probed) -> None:
    probed.time.block(0.250)
    first = probed.dispatcher.stage
    probed.probe.stop()
    probed.time.pass_by(5.0)
    probed.dispatcher.stage = StageRecord()
    probed.probe.start()
    probed.time.pass_by(1.01)
    assert first.loop_lag.max_us > 190_000
    assert probed.lag.count == 20
    assert probed.lag.max_us == 0
