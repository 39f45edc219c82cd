from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import Arrival, in_flight_too, record_of

from jobload.measure.stage_record import LATE_US, EndpointRecord, StageRecord


@given(st.lists(st.tuples(in_flight_too, st.integers(0, 2)), max_size=30))
def test_the_records_of_several_processes_merged_are_the_record_of_one(
    observed: list[tuple[Arrival, int]],
) -> None:
    merged = StageRecord()
    for process in (2, 0, 1):
        merged.merge(record_of(a for a, of in observed if of == process))
    assert merged == record_of(a for a, _ in observed)


@given(st.lists(in_flight_too, max_size=30))
def test_all_endpoints_as_one_are_their_sum(observed: list[Arrival]) -> None:
    record = record_of(observed)
    whole = record.overall()
    assert whole.started == record.started
    assert whole.in_flight == record.in_flight
    assert whole.in_flight == sum(a.outcome == "in-flight" for a in observed)
    assert whole.succeeded == sum(a.outcome == "good" for a in observed)
    assert whole.response_time.count == whole.service_time.count == whole.succeeded
    assert sum(whole.errors.counts.values()) == whole.failed
    assert whole.attempts == whole.started + whole.retries


@pytest.mark.parametrize(("lateness_us", "late"), [(LATE_US, 0), (LATE_US + 1, 1)])
def test_an_arrival_is_late_after_more_than_ten_milliseconds(lateness_us: int, late: int) -> None:
    record = StageRecord()
    record.handed_over({lateness_us: 1})
    assert record.late == late
    assert record.lateness.max_us == lateness_us
    assert LATE_US == 10_000


def test_what_has_started_and_not_ended_is_in_flight() -> None:
    endpoint = EndpointRecord(started=10, succeeded=4, failed=3, censored=1)
    assert endpoint.in_flight == 2


def test_a_step_is_asked_for_by_its_whole_name_or_by_all_that_follows_its_method() -> None:
    record = StageRecord()
    record.step("POST /jobs").attempts = 1
    record.step("GET /jobs").attempts = 2
    record.step("ws chat room").attempts = 4
    record.endpoint("DELETE /jobs").attempts = 8

    def attempts(name: str) -> int | None:
        found = record.requests_to(name)
        return None if found is None else found.attempts

    assert attempts("POST /jobs") == 1
    assert attempts("/jobs") == 1 + 2
    assert attempts("chat room") == attempts("ws chat room") == 4
    assert attempts("DELETE /jobs") == 8
    assert attempts("room") is None
