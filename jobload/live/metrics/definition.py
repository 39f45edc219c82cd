"""Each metric: its name, unit, labels and meaning, and how it is read. There is no other list.

Prometheus, OpenTelemetry and the pages are told of them from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from jobload.live.metrics.frame import Exemplar, Frame, PlaceFigures, RequestFigures
from jobload.measure.histogram import Histogram

PREFIX = "jobload"
PLACE = ("scenario", "stage")
OF_ENDPOINT = (*PLACE, "endpoint")
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


def _gauge(
    base: str,
    text: str,
    read: Callable[[Frame], Iterator[Sample]],
    *labels: str,
    unit: Unit = "",
) -> Metric:
    return Metric("gauge", base, text, read, labels, unit)


def _of_run(base: str, text: str, read: Callable[[Frame], float], unit: Unit = "") -> Metric:
    return _gauge(base, text, lambda frame: iter([((), read(frame))]), unit=unit)


def _counter(base: str, text: str) -> Metric:
    return Metric("counter", base, text, _of_places(lambda place: place.counts[base]), PLACE)


def _histogram(base: str, text: str, read: Callable[[PlaceFigures], Times]) -> Metric:
    return Metric("histogram", base, text, _of_places(read), PLACE, "seconds")


def _of_places(read: Callable[[PlaceFigures], Value]) -> Callable[[Frame], Iterator[Sample]]:
    def samples(frame: Frame) -> Iterator[Sample]:
        for place in frame.places:
            yield (place.scenario, place.stage), read(place)

    return samples


def _of_requests(read: Callable[[RequestFigures], Value]) -> Callable[[Frame], Iterator[Sample]]:
    def samples(frame: Frame) -> Iterator[Sample]:
        for place in frame.places:
            for endpoint, figures in place.requests.items():
                yield (place.scenario, place.stage, endpoint), read(figures)

    return samples


def _info(frame: Frame) -> Iterator[Sample]:
    yield (frame.run_id, frame.mode), 1.0


def _states(frame: Frame) -> Iterator[Sample]:
    for state in RUN_STATES:
        yield (state,), float(state == frame.state)


def _stage(frame: Frame) -> Iterator[Sample]:
    if frame.stage is not None:
        yield frame.stage, 1.0


def _cpu(frame: Frame) -> Iterator[Sample]:
    for worker, ratio in frame.cpu_ratio.items():
        yield (worker,), ratio


def _check_states(frame: Frame) -> Iterator[Sample]:
    for check in frame.checks:
        for state in CHECK_STATES:
            yield (check.scenario, check.id, state), float(state == check.state)


METRICS: tuple[Metric, ...] = (
    _gauge("run_info", "1 for the run.", _info, "run_id", "mode"),
    _gauge("run_state", "1 for the state of the run.", _states, "state"),
    _of_run(
        "run_elapsed",
        "Since the run began, or how long it took.",
        lambda frame: frame.elapsed_s,
        "seconds",
    ),
    _gauge("stage", "1 for the stage that runs; none between stages.", _stage, *PLACE),
    _of_run("users", "Users that run.", lambda frame: frame.users),
    _of_run(
        "workers", "Processes that make load, lost ones included.", lambda frame: frame.workers
    ),
    _gauge(
        "worker_cpu",
        "CPU time of a process that makes load, of one core.",
        _cpu,
        "worker",
        unit="ratio",
    ),
    _of_run(
        "operations_in_flight",
        "Operations that have begun and not ended.",
        lambda frame: frame.in_flight,
    ),
    _gauge("check_state", "1 for how a check stands.", _check_states, "scenario", "check", "state"),
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
    _histogram(
        "response_time",
        "Of successful operations, from the intended start, waiting and retries included.",
        lambda place: Times(place.response, tuple(place.exemplars)),
    ),
    _histogram(
        "response_time_lower",
        "The same without what the generator itself added.",
        lambda place: Times(place.lower),
    ),
    _histogram(
        "service_time",
        "Of successful operations, of the attempt that succeeded.",
        lambda place: Times(place.service),
    ),
    Metric(
        "counter",
        "requests_attempts",
        "Requests sent, retries and repeated polls included.",
        _of_requests(lambda figures: figures.attempts),
        OF_ENDPOINT,
    ),
    Metric(
        "counter",
        "requests_failed",
        "Requests that failed for good.",
        _of_requests(lambda figures: figures.failed),
        OF_ENDPOINT,
    ),
    Metric(
        "histogram",
        "endpoint_time",
        "Of an endpoint or a step, its retries included. Successful ones only.",
        _of_requests(lambda figures: Times(figures.time)),
        OF_ENDPOINT,
        "seconds",
    ),
)
