"""Each metric: its name, unit, labels and meaning, and how it is read. There is no other list.

Prometheus, OpenTelemetry and the pages are told of them from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from jobload.live.metrics.frame import Exemplar, Frame, PlaceFigures
from jobload.measure.histogram import Histogram

PREFIX = "jobload"
PLACE = ("scenario", "stage")
CHECK_STATES = ("PASS", "FAIL", "WARN", "INSUFFICIENT", "pending")
RUN_STATES = ("running", "PASS", "FAIL", "INVALID", "PROFILED")

Kind = Literal["gauge", "counter", "histogram"]
Unit = Literal["", "seconds", "ratio"]


@dataclass(frozen=True, slots=True)
class Times:
    histogram: Histogram
    exemplars: tuple[Exemplar, ...] = ()


Value = float | Times
Sample = tuple[tuple[str, ...], Value]
"""The values of its labels, and its own."""


@dataclass(frozen=True, slots=True)
class Metric:
    kind: Kind
    base: str
    """The name without prefix, unit and `_total`."""
    text: str
    read: Callable[[Frame], Iterator[Sample]]
    labels: tuple[str, ...] = ()
    unit: Unit = ""

    @property
    def family(self) -> str:
        """Without what a kind adds: `_total`, `_bucket`."""
        return "_".join(part for part in (PREFIX, self.base, self.unit) if part)

    @property
    def name(self) -> str:
        """As Prometheus shows it."""
        return f"{self.family}_total" if self.kind == "counter" else self.family


def _one(read: Callable[[Frame], float]) -> Callable[[Frame], Iterator[Sample]]:
    def samples(frame: Frame) -> Iterator[Sample]:
        yield (), read(frame)

    return samples


def _of_places(read: Callable[[PlaceFigures], Value]) -> Callable[[Frame], Iterator[Sample]]:
    def samples(frame: Frame) -> Iterator[Sample]:
        for place in frame.places:
            yield (place.scenario, place.stage), read(place)

    return samples


def _counter(base: str, text: str) -> Metric:
    return Metric("counter", base, text, _of_places(lambda place: place.counts[base]), PLACE)


def _states(frame: Frame) -> Iterator[Sample]:
    for state in RUN_STATES:
        yield (state,), float(state == frame.state)


def _stage(frame: Frame) -> Iterator[Sample]:
    if frame.stage is not None:
        yield frame.stage, 1.0


def _check_states(frame: Frame) -> Iterator[Sample]:
    for check in frame.checks:
        for state in CHECK_STATES:
            yield (check.scenario, check.id, state), float(state == check.state)


def _info(frame: Frame) -> Iterator[Sample]:
    yield (frame.run_id, frame.mode), 1.0


def _cpu(frame: Frame) -> Iterator[Sample]:
    for worker, ratio in frame.cpu_ratio.items():
        yield (worker,), ratio


def _requests(read: Callable[[PlaceFigures, str], Value]) -> Callable[[Frame], Iterator[Sample]]:
    def samples(frame: Frame) -> Iterator[Sample]:
        for place in frame.places:
            for endpoint in place.requests:
                yield (place.scenario, place.stage, endpoint), read(place, endpoint)

    return samples


OF_ENDPOINT = (*PLACE, "endpoint")
METRICS: tuple[Metric, ...] = (
    Metric("gauge", "run_info", "1 for the run.", _info, ("run_id", "mode")),
    Metric("gauge", "run_state", "1 for the state of the run.", _states, ("state",)),
    Metric(
        "gauge",
        "run_elapsed",
        "Since the run began, or how long it took.",
        _one(lambda frame: frame.elapsed_s),
        unit="seconds",
    ),
    Metric("gauge", "stage", "1 for the stage that runs; none between stages.", _stage, PLACE),
    Metric("gauge", "users", "Users that run.", _one(lambda frame: frame.users)),
    Metric(
        "gauge",
        "workers",
        "Processes that make load, lost ones included.",
        _one(lambda frame: frame.workers),
    ),
    Metric(
        "gauge",
        "worker_cpu",
        "CPU time of a process that makes load, of one core.",
        _cpu,
        ("worker",),
        "ratio",
    ),
    Metric(
        "gauge",
        "operations_in_flight",
        "Operations that have begun and not ended.",
        _one(lambda frame: frame.in_flight),
    ),
    Metric(
        "gauge",
        "check_state",
        "1 for how a check stands.",
        _check_states,
        ("scenario", "check", "state"),
    ),
    _counter("arrivals_offered", "Planned starts that have come due."),
    _counter("arrivals_missed", "Arrivals that no user was free for before their stage ended."),
    _counter(
        "arrivals_late", "Arrivals that began over 10 ms after their time though a user was free."
    ),
    _counter("operations_started", "Arrivals given to a user."),
    _counter("operations_succeeded", "Operations that succeeded."),
    _counter("operations_failed", "Operations that failed."),
    _counter("operations_censored", "Operations that were unfinished when the run was stopped."),
    _counter("operations_retries", "Attempts after the first of an operation."),
    Metric(
        "histogram",
        "response_time",
        "Of successful operations, from the intended start, waiting and retries included.",
        _of_places(lambda place: Times(place.response, tuple(place.exemplars))),
        PLACE,
        "seconds",
    ),
    Metric(
        "histogram",
        "response_time_lower",
        "The same without what the generator itself added.",
        _of_places(lambda place: Times(place.lower)),
        PLACE,
        "seconds",
    ),
    Metric(
        "histogram",
        "service_time",
        "Of successful operations, of the attempt that succeeded.",
        _of_places(lambda place: Times(place.service)),
        PLACE,
        "seconds",
    ),
    Metric(
        "counter",
        "requests_attempts",
        "Requests sent, retries and repeated polls included.",
        _requests(lambda place, name: place.requests[name].attempts),
        OF_ENDPOINT,
    ),
    Metric(
        "counter",
        "requests_failed",
        "Requests that failed for good.",
        _requests(lambda place, name: place.requests[name].failed),
        OF_ENDPOINT,
    ),
    Metric(
        "histogram",
        "endpoint_time",
        "Of an endpoint or a step, its retries included. Successful ones only.",
        _requests(lambda place, name: Times(place.requests[name].time)),
        OF_ENDPOINT,
        "seconds",
    ),
)
