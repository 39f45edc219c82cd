"""A metric as a figure between two bounds, from counts that are stated."""

from __future__ import annotations

import pytest
from made_check import check
from made_run import light

from jobload.judge.stretches.reading import read
from jobload.judge.stretches.stretch import Stretch
from jobload.measure.stage_record import EndpointRecord, StageRecord


@pytest.mark.parametrize(("excused", "low"), [(0, 4.0), (3, 1.0), (4, 0.0), (9, 0.0)])
def test_no_fewer_are_missed_without_the_generators_delay_than_none(
    excused: int, low: float
) -> None:
    stretch = Stretch(arrivals=StageRecord(offered=100, missed=4), excused=excused)
    reading = read(check(light(), 'metric: missed, expect: "<= 1%"'), stretch)
    assert (reading.low, reading.value) == (low, 4.0)


@pytest.mark.parametrize(
    ("metric", "stretch", "bounds"),
    [
        ("goodput", Stretch(arrivals=StageRecord(ended_good=20, ended_bad=20)), (2.0, 3.0)),
        ("goodput", Stretch(arrivals=StageRecord(ended_bad=40)), (0.0, 1.0)),
        ("throughput", Stretch(arrivals=StageRecord(ended_good=40)), (4.0, 5.0)),
        ("request_rate", Stretch(operations=EndpointRecord(started=40), sent=120), (12.0, 15.0)),
    ],
    ids=["goodput", "nothing-good", "throughput", "three-requests-each"],
)
def test_what_could_have_ended_would_have_been_good_and_sent_as_many_requests_as_others(
    metric: str, stretch: Stretch, bounds: tuple[float, float]
) -> None:
    """Good at best; with as many requests as operations had."""
    stretch.seconds, stretch.due, stretch.could_have_ended = 10.0, 40, 10
    reading = read(check(light(), f'metric: {metric}, expect: ">= 1/s"'), stretch)
    assert (reading.low, reading.high) == pytest.approx(bounds)
