"""result.json as types: the published schema `jobload.result/1`.

Times are seconds, latencies milliseconds; a figure for which there is no data is null.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from jobload.judge.status import CheckStatus, RunStatus, ValidityStatus
from jobload.plan.observe import ObservedUnit
from jobload.report.result.stage_model import (
    Diagnosis,
    ErrorKind,
    Instant,
    ResultModel,
    Stage,
)


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

    @property
    def cut_off(self) -> str | None:
        """Why it did not come to the end that is compared with others; steps end where they may."""
        return None if self.configuration.get("shape") == "step_stress" else self.ended_early


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
    rows: list[Rows] = Field(default=[])
    observed: list[Observed] = Field(default=[])
    total: Total
    configuration: dict[str, JsonValue]
    environment: dict[str, JsonValue]
    notes: list[str] = Field(default=[])
    """What else there is to say, and no part of the verdict."""

    @property
    def repetitions(self) -> dict[str, list[Scenario]]:
        """The scenarios by name."""
        names = dict.fromkeys(scenario.name for scenario in self.scenarios)
        return {name: [s for s in self.scenarios if s.name == name] for name in names}

    @property
    def distrust(self) -> str | None:
        """What it is, where its figures are no yardstick for others: a late generator does no harm
        to a profile, but to what is compared with it."""
        if self.status == "INVALID":
            return "INVALID"
        broken = [check.id for check in self.validity if check.status == "FAIL"]
        return f"{self.status}, but {broken[0]} does not hold" if broken else None
