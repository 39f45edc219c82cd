"""What one process counted in one stage; the same type holds the sum over all processes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Self

import msgspec
from msgspec.structs import replace

from jobload.measure.completion import CompletionRecord
from jobload.measure.duration_counts import Counts
from jobload.measure.error_counts import ErrorCounts
from jobload.measure.failed_times import Unsuccessful
from jobload.measure.histogram import Histogram
from jobload.measure.noted_operation import NotedOperations
from jobload.measure.record import MOST, Count, Record, Seconds

LATE_US = 10_000
"""An arrival that started more than this after its time while a user was free was late."""
LATE_S = LATE_US / 1e6
Difference = Annotated[int, msgspec.Meta(ge=-MOST, le=MOST)]


class EndpointRecord(Record):
    """Operations on one endpoint, or the requests of one step. Response and service times are of
    successful ones only; `unsuccessful` are those of the others.

    `response_time` is the upper figure, from the intended start until the last reply was read;
    `response_time_lower` is without what the generator itself added. `service_time` is that of the
    attempt that succeeded, until its reply had arrived; of an operation of several steps, that of
    all of them together. A step begins when the one before it has ended.
    """

    started: Count = 0
    succeeded: Count = 0
    failed: Count = 0
    censored: Count = 0
    attempts: Count = 0
    retries: Count = 0
    response_time: Histogram = msgspec.field(default_factory=Histogram)
    response_time_lower: Histogram = msgspec.field(default_factory=Histogram)
    service_time: Histogram = msgspec.field(default_factory=Histogram)
    unsuccessful: Unsuccessful = msgspec.field(default_factory=Unsuccessful)
    errors: ErrorCounts = msgspec.field(default_factory=ErrorCounts)
    repeats: Count = 0
    """Requests of a poll after its first one."""
    untimed: Count = 0
    """Of those that succeeded, requests for which a client of somebody's own gave no time."""

    @property
    def in_flight(self) -> int:
        return self.started - self.succeeded - self.failed - self.censored

    @property
    def finished(self) -> int:
        return self.succeeded + self.failed

    def with_service_time(self) -> Self:
        """To be read only. A step of somebody's own user is one attempt, as it told."""
        if self.service_time.counts:
            return self
        return replace(self, service_time=self.response_time_lower)


class StageRecord(Record):
    """Arrivals and operations whose intended start lies in the stage.

    `ended_good` and `ended_bad` alone count by the end of the operation. `lateness` is that of
    arrivals for which a user was free, `read_lag` how long replies lay in the kernel: what the
    generator, not the target, is to blame for. `stolen_s` is the part of `wall_s` that the
    machine's cores, on average, were given to others.
    """

    STATES: ClassVar[frozenset[str]] = frozenset(
        {"waiting", "unfinished", "unfinished_lower", "behind_us"}
    )
    SIGNED: ClassVar[frozenset[str]] = frozenset({"other_use_us", "carried"})
    WHOLE: ClassVar[frozenset[str]] = frozenset({"unstarted", "displaced", "noted"})

    offered: Count = 0
    missed: Count = 0
    surplus: Count = 0
    """Arrivals more than planned, which found each row of their source in use: no operations."""
    started: Count = 0
    late: Count = 0
    ended_good: Count = 0
    ended_bad: Count = 0
    unstamped: Count = 0
    """Replies for whose arrival the kernel gave no time, so that of the read stands in."""
    waiting: Count = 0
    """Arrivals that no user has taken yet."""
    user_us: Count = 0
    """How long users were there to take arrivals, all of them together."""
    other_use_us: Difference = 0
    """How long the target kept them, besides the service times recorded."""
    behind_us: Count = 0
    """By how much users that are busy, all of them together, would be further without the
    generator's own delay."""
    cpu_s: Seconds = 0.0
    wall_s: Seconds = 0.0
    stolen_s: Seconds = 0.0
    lateness: Histogram = msgspec.field(default_factory=Histogram)
    loop_lag: Histogram = msgspec.field(default_factory=Histogram)
    read_lag: Histogram = msgspec.field(default_factory=Histogram)
    connecting: Histogram = msgspec.field(default_factory=Histogram)
    unfinished: Histogram = msgspec.field(default_factory=Histogram)
    """From the intended start until now, or until it was given up: of arrivals that wait, were
    missed, are in flight or were censored. They take longer than this."""
    unfinished_lower: Histogram = msgspec.field(default_factory=Histogram)
    """The same, of those in flight without the generator's own delay."""
    unstarted: dict[int, Count] = msgspec.field(default_factory=dict)
    """By the second of the run they were planned for: arrivals that wait, or were missed."""
    displaced: dict[int, Difference] = msgspec.field(default_factory=dict)
    """By second: operations that a generator without any delay would have started in it, less those
    that it did start in place of other seconds."""
    completion: CompletionRecord = msgspec.field(default_factory=CompletionRecord)
    endpoints: dict[str, EndpointRecord] = msgspec.field(default_factory=dict)
    """Operations of one request."""
    flows: dict[str, EndpointRecord] = msgspec.field(default_factory=dict)
    """Operations of several steps; their attempts and retries are those of all steps."""
    steps: dict[str, EndpointRecord] = msgspec.field(default_factory=dict)
    """Those of somebody's own users have no service time: whoever made them told one time."""
    outside: Count = 0
    """Steps that belong to no operation."""
    carried: Difference = 0
    """Requests sent in it of operations of other stages, less those of its own sent in others."""
    without_request: Count = 0
    """Operations that ended without any step."""
    users_left: Count = 0
    """Users of somebody's own that ended by themselves; nobody takes their place."""
    without_socket: Count = 0
    """Requests, those of retries included, for which the process had no local port or file."""
    waited_us: Count = 0
    """Before users asked again: for a retry, as Retry-After says, or for a job."""
    paused_us: Count = 0
    """Pauses of the plan within operations, which are no part of their response times."""
    noted: NotedOperations = msgspec.field(default_factory=NotedOperations)

    def endpoint(self, name: str) -> EndpointRecord:
        if (record := self.endpoints.get(name)) is None:
            record = self.endpoints[name] = EndpointRecord()
        return record

    def flow(self, name: str) -> EndpointRecord:
        return self.flows.setdefault(name, EndpointRecord())

    def step(self, name: str) -> EndpointRecord:
        return self.steps.setdefault(name, EndpointRecord())

    @property
    def parts(self) -> tuple[dict[str, EndpointRecord], ...]:
        return self.endpoints, self.flows, self.steps

    @property
    def names(self) -> set[str]:
        return {name for part in self.parts for name in part}

    @property
    def operations(self) -> list[EndpointRecord]:
        return [*self.endpoints.values(), *self.flows.values()]

    def requests_to(self, name: str) -> EndpointRecord | None:
        """Of an endpoint and a step of that name, else of all steps that have it behind their
        method, else the operations of that name."""
        found = [part[name] for part in (self.endpoints, self.steps) if name in part]
        found = found or [step for full, step in self.steps.items() if bare_name(full) == name]
        if found:
            return merged(each.with_service_time() for each in found)
        return self.flows.get(name)

    def not_ended(self, after_s: float, own_s: float = 0.0, count: int = 1) -> None:
        """The generator itself is to blame for `own_s` of that time."""
        self.unfinished.record(int(after_s * 1e6), count)
        self.unfinished_lower.record(int(max(0.0, after_s - own_s) * 1e6), count)

    def handed_over(self, lateness_us: dict[int, int]) -> None:
        """Arrivals for which a user was free: how many were so late."""
        self.lateness.add(Counts.of(lateness_us))
        self.late += sum(n for us, n in lateness_us.items() if us > LATE_US)

    @property
    def in_flight(self) -> int:
        """Operations without a reply and jobs that are still followed."""
        return sum(e.in_flight for e in self.operations) + self.completion.in_flight

    @property
    def is_worth_keeping(self) -> bool:
        """Of a second: whether anything happened in it, or waited, or could have."""
        return bool(
            self.user_us
            or self.offered
            or self.started
            or self.missed
            or self.ended_good
            or self.ended_bad
            or self.unfinished.counts
            or any(e.finished or e.retries for e in self.operations)
            or any(step.finished for step in self.steps.values())
        )

    def overall(self) -> EndpointRecord:
        """All operations as one, to be read only."""
        operations = self.operations
        return operations[0] if len(operations) == 1 else merged(operations)

    def requests(self) -> EndpointRecord:
        """All steps, and operations of one request, as one; to be read only."""
        steps = [step.with_service_time() for step in self.steps.values()]
        return merged([*self.endpoints.values(), *steps])

    def steps_to_read(self) -> dict[str, EndpointRecord]:
        return {name: step.with_service_time() for name, step in self.steps.items()}


def merged(records: Iterable[EndpointRecord]) -> EndpointRecord:
    whole = EndpointRecord()
    for record in records:
        whole.merge(record)
    return whole


def bare_name(name: str) -> str:
    """Without the method, or the kind of request, that it begins with."""
    return name.partition(" ")[2]
