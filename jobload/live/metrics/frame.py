"""What runs, as figures of one moment: all that metrics are made of.

A frame goes to a process of its own (`web/exporter`), so it holds plain data and can be packed.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from jobload.measure.histogram import Histogram
from jobload.measure.noted_operation import NotedOperation


class Exemplar(msgspec.Struct, frozen=True, array_like=True):
    """An operation that a tracing system knows. `at_unix_s` is when it ended."""

    trace: str
    span: str
    us: int
    at_unix_s: float


class RequestFigures(msgspec.Struct, array_like=True):
    """Of one endpoint or step."""

    attempts: int
    failed: int
    time: Histogram


class PlaceFigures(msgspec.Struct, array_like=True):
    """Of one stage of one scenario; its repetitions are one. `counts` by the names of counters.
    `lower` is the response time without what the generator itself added."""

    scenario: str
    stage: str
    counts: dict[str, int]
    response: Histogram
    lower: Histogram
    service: Histogram
    requests: dict[str, RequestFigures]
    exemplars: list[Exemplar] = []


class Check(msgspec.Struct, frozen=True, array_like=True):
    scenario: str
    id: str
    state: str


class Frame(msgspec.Struct):
    """`stage` is what runs, as (scenario, stage); none between scenarios."""

    run_id: str
    mode: Literal["local", "distributed"]
    began_unix_s: float
    state: str
    elapsed_s: float
    users: int
    workers: int
    in_flight: int
    cpu_ratio: dict[str, float]
    stage: tuple[str, str] | None
    places: list[PlaceFigures]
    checks: list[Check]


class TracedOperation(msgspec.Struct, frozen=True, array_like=True):
    """One that was traced, and where."""

    run_id: str
    began_unix_s: float
    """When the run did: the operation counts from there."""
    scenario: str
    stage: str
    worker: str
    operation: NotedOperation
