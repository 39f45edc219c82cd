"""How many arrivals the users would have started without the generator's delay."""

from __future__ import annotations

import pytest
from made_run import ENDPOINT, Beat, MadeRun, light

from jobload.judge.stretches.excused import (
    could_have_ended,
    excused,
    just_due,
    use_per_operation_us,
)
from jobload.measure.figures import StageFigures
from jobload.measure.stage_record import StageRecord
from jobload.plan.scenario import Scenario


def stage(*, finished: int, waiting: int, behind_us: int) -> StageRecord:
    """The target takes 100 ms for each."""
    record = StageRecord(offered=finished + waiting, started=finished, waiting=waiting)
    endpoint = record.endpoint(ENDPOINT)
    endpoint.started = endpoint.attempts = endpoint.succeeded = finished
    for _ in range(finished):
        endpoint.service_time.record(100_000)
    record.behind_us = behind_us
    return record


@pytest.mark.parametrize("finished", [1, 2, 50])
def test_an_operation_takes_what_the_target_took_for_one(finished: int) -> None:
    record = stage(finished=finished, waiting=0, behind_us=0)
    assert use_per_operation_us(record, record.overall(), 0) == pytest.approx(100_000, rel=0.001)


@pytest.mark.parametrize(("behind_us", "free"), [(0, 0), (99_000, 0), (201_000, 2), (900_000, 5)])
def test_in_the_time_that_users_are_behind_they_would_have_started_so_many(
    behind_us: int, free: int
) -> None:
    record = stage(finished=10, waiting=5, behind_us=behind_us)
    assert excused(record, record.overall()) == free


def test_what_began_late_and_ended_after_its_stage_could_have_ended_in_it() -> None:
    """The generator stood still as the stage ended: nothing is in flight by now, nor was missed."""
    record = stage(finished=10, waiting=0, behind_us=900_000)
    record.ended_good = 7
    assert could_have_ended(record, record.overall()) == 3


def ended(missed: int, waited_s: float, scenario: Scenario) -> StageFigures:
    """A stage whose last arrivals were missed."""
    figures = MadeRun(workers=("w1", "w2")).play(scenario, lambda *_: Beat(ms=[10.0] * 10))
    (stage,) = figures.judged_stages
    stage.record.missed += missed
    stage.record.not_ended(waited_s, count=missed)
    return stage


@pytest.mark.parametrize(
    ("missed", "waited_s", "expected"),
    [(1, 0.001, 1), (1, 0.009, 1), (1, 0.011, 0), (1, 2.0, 0), (2, 0.001, 2), (50, 0.001, 2)],
)
def test_an_arrival_that_came_due_just_before_the_end_is_missed_by_nobodys_doing(
    missed: int, waited_s: float, expected: int
) -> None:
    """Within twice the time of an operation, which is 5 ms, and one in each process."""
    assert just_due(ended(missed, waited_s, light())) == expected


def test_without_a_rate_nothing_comes_due() -> None:
    assert just_due(ended(1, 0.001, light().without_rate())) == 0
