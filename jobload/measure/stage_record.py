"""What one process counted in one stage; the same type holds the sum over all processes."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobload.measure.completion import CompletionRecord
from jobload.measure.error_counts import ErrorCounts
from jobload.measure.histogram import Histogram

LATE_US = 10_000
"""An arrival that started more than this after its time while a user was free was late."""


@dataclass(slots=True, eq=False)
class EndpointRecord:
    """Operations on one endpoint. Both histograms hold successful operations only."""

    started: int = 0
    succeeded: int = 0
    failed: int = 0
    censored: int = 0
    attempts: int = 0
    retries: int = 0
    response_time: Histogram = field(default_factory=Histogram)
    service_time: Histogram = field(default_factory=Histogram)
    errors: ErrorCounts = field(default_factory=ErrorCounts)

    @property
    def in_flight(self) -> int:
        return self.started - self.succeeded - self.failed - self.censored

    def merge(self, other: EndpointRecord) -> None:
        self.started += other.started
        self.succeeded += other.succeeded
        self.failed += other.failed
        self.censored += other.censored
        self.attempts += other.attempts
        self.retries += other.retries
        self.response_time.merge(other.response_time)
        self.service_time.merge(other.service_time)
        self.errors.merge(other.errors)


@dataclass(slots=True, eq=False)
class StageRecord:
    """Arrivals and operations whose intended start lies in the stage.

    `ended_good` and `ended_bad` alone count by the end of the operation. `lateness` is that of
    arrivals for which a user was free: what the generator, not the target, is to blame for.
    `stolen_s` is the part of `wall_s` that the machine's cores, on average, were given to others.
    """

    offered: int = 0
    missed: int = 0
    started: int = 0
    late: int = 0
    ended_good: int = 0
    ended_bad: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    stolen_s: float = 0.0
    lateness: Histogram = field(default_factory=Histogram)
    loop_lag: Histogram = field(default_factory=Histogram)
    completion: CompletionRecord = field(default_factory=CompletionRecord)
    endpoints: dict[str, EndpointRecord] = field(default_factory=dict)

    def endpoint(self, name: str) -> EndpointRecord:
        if (record := self.endpoints.get(name)) is None:
            record = self.endpoints[name] = EndpointRecord()
        return record

    def handed_over(self, lateness_us: int) -> None:
        """An arrival for which a user was free."""
        self.lateness.record(lateness_us)
        if lateness_us > LATE_US:
            self.late += 1

    @property
    def in_flight(self) -> int:
        """Operations without a reply and jobs that are still followed."""
        return sum(e.in_flight for e in self.endpoints.values()) + self.completion.in_flight

    def overall(self) -> EndpointRecord:
        """All endpoints as one."""
        whole = EndpointRecord()
        for record in self.endpoints.values():
            whole.merge(record)
        return whole

    def merge(self, other: StageRecord) -> None:
        """Adds another process's record of the same stage, or another stage's."""
        self.offered += other.offered
        self.missed += other.missed
        self.started += other.started
        self.late += other.late
        self.ended_good += other.ended_good
        self.ended_bad += other.ended_bad
        self.cpu_s += other.cpu_s
        self.wall_s += other.wall_s
        self.stolen_s += other.stolen_s
        self.lateness.merge(other.lateness)
        self.loop_lag.merge(other.loop_lag)
        self.completion.merge(other.completion)
        for name, record in other.endpoints.items():
            self.endpoint(name).merge(record)
