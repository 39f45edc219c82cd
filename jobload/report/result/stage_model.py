"""A stage in result.json, as types."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from jobload.judge.cause import Cause
from jobload.measure.snapshot import LONGEST_RUN_S


class ResultModel(BaseModel):
    model_config = ConfigDict(
        frozen=True, serialize_by_alias=True, allow_inf_nan=False, defer_build=True
    )


Instant = Annotated[float, Field(ge=0, le=LONGEST_RUN_S)]
"""Whatever reads a result goes through its seconds, so there must not be endlessly many."""


class Latency(ResultModel):
    min: float | None
    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    p99_9: float | None
    max: float | None


class ErrorKind(ResultModel):
    kind: str
    count: int
    example: str


class Operations(ResultModel):
    """All times are those of successful operations: `response_time_ms` is the upper figure, with
    all that the generator itself added, `response_time_lower_ms` the same without it."""

    started: int
    succeeded: int
    failed: int
    censored: int
    attempts: int
    retries: int
    repeats: int = 0
    """Requests of a poll after its first one."""
    untimed: int = 0
    """Of those that succeeded, requests for which a client of somebody's own gave no time."""
    error_rate_percent: float | None
    response_time_ms: Latency
    response_time_lower_ms: Latency | None = None
    service_time_ms: Latency
    errors: list[ErrorKind]


class Endpoint(Operations):
    """Both histograms as `index:count` of each bucket that is not empty, in
    microseconds: the bucket of a value below 1024 has that value as its index; from there on every
    power of two has 512 of them."""

    name: str
    is_step: bool = False
    """A request of an operation that has several, from the end of the one before it, or of none;
    else it is the operation itself."""
    response_time_buckets: str
    service_time_buckets: str


class Seconds(ResultModel):
    """One entry per second of the stage in each list; operations count when they ended."""

    second: list[int]
    users: list[int]
    offered: list[int]
    started: list[int]
    succeeded: list[int]
    failed: list[int]
    ended: list[int]
    p50_ms: list[float | None]
    p95_ms: list[float | None]
    p99_ms: list[float | None]


class ReadLag(ResultModel):
    p50: float | None
    p99: float | None
    max: float | None


class Generator(ResultModel):
    """What the generator itself did in a stage: lateness of arrivals for which a user was free, and
    how long replies that had arrived lay in the kernel until they were read. Of `unstamped` replies
    the kernel did not say when they came, so their reading stands in; of somebody's own users, that
    less the time for which the process had just stood still.

    By worker, `cpu_percent` of a core that it used, and `stolen_percent` of its machine's CPU time
    that the hypervisor gave to others.
    """

    late: int
    lateness_p50_ms: float | None = None
    lateness_p99_ms: float | None
    lateness_max_ms: float | None
    loop_lag_p99_ms: float | None
    loop_lag_max_ms: float | None
    cpu_percent: dict[str, float]
    stolen_percent: dict[str, float] = {}
    read_lag_ms: ReadLag | None = None
    unstamped: int = 0


class Completion(ResultModel):
    """Of followed jobs; the time is that of succeeded ones, from the intended start."""

    followed: int
    succeeded: int
    failed: int
    abandoned: int
    polls: int
    time_ms: Latency
    reasons: list[ErrorKind] = []
    """Why jobs were abandoned."""


class Diagnosis(ResultModel):
    """What is wrong, who is to blame, and what to do."""

    cause: Cause
    sentence: str
    advice: str


class NotedAttempt(ResultModel):
    """One request of a step, in milliseconds after the intended start of its operation: when it was
    sent (or connecting began), when its reply had arrived, and when that was read, or given up.
    `arrived_ms` is null where no reply came, and of somebody's own users, who do not say."""

    step: str
    sent_ms: float
    arrived_ms: float | None
    read_ms: float
    outcome: str
    """`succeeded`, or the kind of error."""
    span_id: str | None


class NotedOperation(ResultModel):
    """One operation and its time line. `trace_id` is null unless it was traced (`--trace`);
    `started_s` is its intended start, in seconds of the run, and `waited_ms` how long after that it
    began. `step` is the one that failed, of an operation that succeeded the one that took longest,
    and its own `name` where there is neither. Pauses of the plan, `paused_ms`, are no part of its
    response time."""

    name: str
    trace_id: str | None
    worker: str
    started_s: Instant
    waited_ms: float
    response_time_ms: float
    paused_ms: float
    retries: int
    outcome: str
    """`succeeded`, or the kind of error."""
    step: str
    attempts: list[NotedAttempt]
    unlisted_attempts: int
    """Of very many, those between the first and the last."""


class Stage(Operations):
    name: str
    judged: bool
    started_s: Instant
    duration_s: Instant
    users_from: int
    users_to: int
    rate: float | None
    planned: float | None
    offered: int
    missed: int
    surplus: int = 0
    """Arrivals more than planned, for which no row was left; nothing was sent for them."""
    ended_good: int
    ended_bad: int
    throughput_rps: float | None
    goodput_rps: float | None
    generator: Generator
    endpoints: list[Endpoint]
    flows: list[Endpoint] = []
    """Operations of several steps, by kind. These and the endpoints that are no steps are all."""
    paused_s: float = 0.0
    """Pauses of the plan within operations, all together; no response time has them."""
    without_request: int = 0
    """Operations that made none."""
    users_left: int = 0
    """Users of somebody's own that ended by themselves; nobody takes their place."""
    without_socket: int = 0
    """Requests, those of retries included, that the generator had no local port or file for."""
    seconds: Seconds
    completion: Completion | None = None
    diagnosis: Diagnosis | None = None
    slowest: list[NotedOperation] = []
    """Of its successful operations, at most ten, the slowest first."""
    first_failed: list[NotedOperation] = []
    """The first ten that failed, in that order."""

    @property
    def operations(self) -> list[Endpoint]:
        """By kind: together they are the stage."""
        return [*(each for each in self.endpoints if not each.is_step), *self.flows]

    @property
    def parts(self) -> list[Endpoint]:
        """What is told besides the whole, where there is more than that."""
        kinds = self.flows if len(self.flows) > 1 else []
        parts = [*kinds, *self.endpoints]
        return parts if len(parts) > 1 or self.flows else []
