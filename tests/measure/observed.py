"""What hypothesis lets processes observe, and the records that come of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import made_snapshot
from hypothesis import strategies as st

from jobload.measure.snapshot import Snapshot, StageKey, StageReport
from jobload.measure.stage_record import StageRecord

Outcome = Literal["good", "bad", "censored", "missed", "in-flight", "waiting"]
KEY: StageKey = (0, 0)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One arrival and what became of it. Quarters of seconds add up exactly in any order."""

    outcome: Outcome
    endpoint: str
    response_us: int
    service_us: int
    lateness_us: int
    retries: int
    error: str
    cpu_quarters: int

    def happen(self, record: StageRecord) -> None:
        record.offered += 1
        record.cpu_s += self.cpu_quarters / 4
        record.wall_s += 0.25
        record.stolen_s += 0.125
        record.loop_lag.record(self.lateness_us)
        if self.outcome == "missed":
            record.missed += 1
        elif self.outcome != "waiting":
            self._start(record)

    def _start(self, record: StageRecord) -> None:
        record.started += 1
        record.handed_over({self.lateness_us: 1})
        endpoint = record.endpoint(self.endpoint)
        endpoint.started += 1
        endpoint.attempts += 1 + self.retries
        endpoint.retries += self.retries
        if self.outcome == "good":
            endpoint.succeeded += 1
            endpoint.response_time.record(self.response_us)
            endpoint.response_time_lower.record(min(self.service_us, self.response_us))
            endpoint.service_time.record(self.service_us)
            record.ended_good += 1
        elif self.outcome == "bad":
            endpoint.failed += 1
            endpoint.errors.add(self.error, f"example of {self.error}")
            times = endpoint.unsuccessful.to("given-up" if self.error == "timeout" else "failed")
            times.add(self.response_us, self.service_us)
            times.service.record(self.service_us)
            record.ended_bad += 1
        elif self.outcome == "censored":
            endpoint.censored += 1


def durations_us(most: int = 4_000_000_000) -> st.SearchStrategy[int]:
    """As likely short as long: each power of two has its share."""
    return st.integers(0, 32).flatmap(lambda bits: st.integers(0, min(2**bits, most)))


arrivals = st.builds(
    Arrival,
    outcome=st.sampled_from(["good", "good", "good", "bad", "censored", "missed", "waiting"]),
    endpoint=st.sampled_from(["POST /jobs", "GET /jobs", "GET /jobs/{id}"]),
    response_us=durations_us(),
    service_us=durations_us(),
    lateness_us=durations_us(100_000),
    retries=st.integers(0, 3),
    error=st.sampled_from(["http-500", "timeout", "reset"]),
    cpu_quarters=st.integers(0, 4),
)
in_flight_too = st.one_of(
    arrivals, arrivals.map(lambda a: Arrival("in-flight", *_all_but_outcome(a)))
)


def _all_but_outcome(arrival: Arrival) -> tuple[str, int, int, int, int, str, int]:
    a = arrival
    return (
        a.endpoint,
        a.response_us,
        a.service_us,
        a.lateness_us,
        a.retries,
        a.error,
        a.cpu_quarters,
    )


def record_of(observed: Iterable[Arrival]) -> StageRecord:
    record = StageRecord()
    for arrival in observed:
        arrival.happen(record)
    return record


def told(record: StageRecord) -> StageReport:
    """As a process tells it."""
    return StageReport(KEY, record.copy())


def snapshot(worker: str = "w1", seq: int = 0, **told: Any) -> Snapshot:
    return made_snapshot.snapshot(worker=worker, seq=seq, **{"second": seq, **told})
