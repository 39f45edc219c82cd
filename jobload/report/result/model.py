"""result.json as types: the published schema `jobload.result/1`.

Times are seconds, latencies milliseconds; a figure for which there is no data is null.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from jobload.judge.diagnosis import Cause
from jobload.judge.status import CheckStatus, RunStatus, ValidityStatus
from jobload.measure.snapshot import LONGEST_RUN_S
from jobload.plan.observe import ObservedUnit


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
    began. `step` is the one that failed, else the one that took longest. Pauses of the plan,
    `paused_ms`, are no part of its response time."""

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


class Check(ResultModel):
    """`expect` and `actual` as people read them; `value` in the base unit of the metric."""

    id: str
    metric: str
    stage: str | None
    endpoint: str | None
    level: str
    expect: str
    actual: str
    value: float | None
    status: CheckStatus
    detail: str


class Step(ResultModel):
    stage: str
    users: int
    rate: float | None
    throughput_rps: float | None
    error_rate_percent: float | None


class BreakingPoint(ResultModel):
    reached: bool
    text: str
    last_passing: Step | None
    first_failing: Step | None
    knee: Step | None
    collapse: Step | None


class Drift(ResultModel):
    stage: str
    percentile: float
    blocks: int
    block_s: float
    growth_percent: float
    low_percent: float
    high_percent: float
    last_third_is_worse: bool
    indicative: bool
    flagged: bool
    text: str


class CapacityStep(ResultModel):
    """`passed` is null when it was not decided; `reason` says why it did not pass."""

    stage: str
    phase: Literal["double", "bisect", "back", "confirm", "hold"]
    rate: float
    passed: bool | None
    reason: str
    throughput_rps: float | None
    error_rate_percent: float | None
    p99_ms: float | None


class Capacity(ResultModel):
    """The interval that a search came to. No `last_passing_rps`: not even the first rate passed; no
    `first_failing_rps`: not reached. Unless `confirmed`, the search did not come to its end."""

    text: str
    last_passing_rps: float | None
    first_failing_rps: float | None
    confirmed: bool
    steps: list[CapacityStep]


class Audit(ResultModel):
    """What the target holds of the scenario's operations; `problem` says why it is not known."""

    status: CheckStatus
    acknowledged: int
    stored: int
    lost: int
    duplicated: int
    indeterminate: int
    examples: list[str]
    problem: str | None
    text: str


class Scenario(ResultModel):
    name: str
    position: int
    repetition: int
    status: RunStatus
    ended_early: str | None
    configuration: dict[str, JsonValue]
    limits: list[str]
    stages: list[Stage]
    diagnosis: Diagnosis | None = None
    """The gravest of its stages."""
    checks: list[Check]
    breaking_point: BreakingPoint | None
    recovery_s: float | None
    recovery: str | None
    drift: Drift | None
    audit: Audit | None = None
    capacity: Capacity | None = None


class Validity(ResultModel):
    """`scenarios` are the positions of those it concerns; null is the whole run."""

    id: str
    status: ValidityStatus
    actual: str
    expect: str
    advice: str
    scenarios: list[int] | None


class Worker(ResultModel):
    id: str
    status: Literal["complete", "lost", "incomplete"]
    late: bool
    joined_s: float
    last_heard_s: float
    longest_silence_s: float
    cpu_peak_percent: float
    requests: int


class Topology(ResultModel):
    mode: Literal["local", "distributed"]
    workers: list[Worker]
    refused_reports: dict[str, int]


class Rows(ResultModel):
    """Of a source over the whole run. Of `each: once`, rows are sent, given back by a process that
    ended in order, lost, or else were never handed out; `lost_rows` has the numbers of those that
    were handed out to a process that never said what became of them, counted from 1, as in
    `3, 17-24`. `without` are operations that got no row."""

    name: str
    file: str
    each: Literal["loop", "once", "random"]
    total: int
    sent: int
    given_back: int
    lost: int
    lost_rows: str
    without: int
    text: str


class Observed(ResultModel):
    """What a query against a Prometheus gave, in `unit`: entry by entry at which second of the run,
    and null where there was no figure; `missing` says why."""

    name: str
    query: str
    unit: ObservedUnit
    every_s: float
    at_s: list[Instant]
    value: list[float | None]
    missing: list[ErrorKind]


class Total(ResultModel):
    """The result keys of the reference design; `latencies` names the histogram's file."""

    total_requests: int
    successful_requests: int
    failed_requests: int
    censored_requests: int
    latencies: str
    min_latency_ms: float | None
    max_latency_ms: float | None
    avg_latency_ms: float | None
    p95_latency_ms: float | None
    p99_latency_ms: float | None
    throughput_rps: float | None
    error_rate_percent: float | None
    test_duration: float
    errors: list[ErrorKind]


class End(ResultModel):
    reason: str
    detail: str


class Result(ResultModel):
    model_config = ConfigDict(title="jobload result")

    schema_id: Literal["jobload.result/1"] = Field(alias="schema", default="jobload.result/1")
    run_id: str
    started_at: str
    duration_s: float
    status: RunStatus
    exit_code: int
    end: End
    profile_only: bool
    host: str
    histogram_error_percent: float
    topology: Topology
    validity: list[Validity]
    scenarios: list[Scenario]
    rows: list[Rows] = []
    observed: list[Observed] = []
    total: Total
    configuration: dict[str, JsonValue]
    environment: dict[str, JsonValue]
    notes: list[str] = []
    """What else there is to say, and no part of the verdict."""
