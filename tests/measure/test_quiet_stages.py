"""Of a stage that is over a process has no more to say once nothing of it is still to come."""

from __future__ import annotations

import pytest

from jobload.measure.quiet_stages import is_quiet
from jobload.measure.stage_record import EndpointRecord, StageRecord


@pytest.mark.parametrize(
    ("record", "quiet"),
    [
        (StageRecord(), True),
        (StageRecord(offered=9, started=5, surplus=1, missed=3), True),
        (StageRecord(offered=9, started=5, surplus=1, missed=2), False),
        (StageRecord(offered=9, started=5, surplus=1, missed=3, waiting=1), False),
        (StageRecord(steps={"get": EndpointRecord(started=2, succeeded=1, failed=1)}), True),
        (StageRecord(steps={"get": EndpointRecord(started=2, succeeded=1)}), False),
        (StageRecord(endpoints={"get": EndpointRecord(started=1, censored=1)}), True),
        (StageRecord(endpoints={"get": EndpointRecord(started=1)}), False),
    ],
)
def test_every_arrival_was_started_or_missed_and_everything_that_was_started_has_ended(
    record: StageRecord, quiet: bool
) -> None:
    assert is_quiet(record) == quiet
