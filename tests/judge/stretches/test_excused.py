"""How many arrivals the users would have started without the generator's delay."""

from __future__ import annotations

import pytest
from made_run import ENDPOINT

from jobload.judge.stretches.excused import excused, just_due, use_per_operation_us
from jobload.measure.stage_record import StageRecord


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


@pytest.mark.parametrize(("waited_s", "expected"), [(0.001, 1), (0.199, 1), (0.201, 0), (2.0, 0)])
def test_an_arrival_that_came_due_just_before_the_end_is_missed_by_nobodys_doing(
    waited_s: float, expected: int
) -> None:
    """Within twice the time of an operation; one that had waited longer was let down."""
    record = stage(finished=79, waiting=0, behind_us=0)
    record.offered, record.missed = 80, 1
    record.not_ended(waited_s)
    assert just_due(record, record.overall()) == expected


def test_where_nothing_was_answered_no_arrival_came_just_before_the_end() -> None:
    record = stage(finished=0, waiting=0, behind_us=0)
    record.offered = record.missed = 1
    record.not_ended(0.0001)
    assert just_due(record, record.overall()) == 0
