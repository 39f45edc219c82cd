"""The run that goes on, or was the last to, as Prometheus metrics."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from jobload.judge.stretches.stretch import Stretch, of_stages
from jobload.measure.figures import RunFigures, StageFigures
from jobload.measure.histogram import Histogram, lowest_us
from jobload.measure.stage_record import EndpointRecord
from jobload.web.live.check_watch import CheckWatch
from jobload.web.live.known_stages import known_stages
from jobload.web.run_control import LiveRun, RunControl

PLACE = ("scenario", "stage")
BOUNDS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
COUNTERS = {
    "arrivals_offered": "Planned starts that have come due.",
    "arrivals_missed": "Arrivals that no user was free for before their stage ended.",
    "operations_started": "Arrivals given to a user.",
    "operations_succeeded": "Operations that succeeded.",
    "operations_failed": "Operations that failed.",
    "operations_retries": "Attempts after the first of an operation.",
}
REQUEST_COUNTERS = {
    "requests_attempts": "Requests sent, retries and repeated polls included.",
    "requests_failed": "Requests that failed for good.",
}
CHECK_STATES = ("PASS", "FAIL", "WARN", "INSUFFICIENT", "pending")
RUN_STATES = ("running", "PASS", "FAIL", "INVALID", "PROFILED")

Stages = dict[tuple[str, str], Stretch]


class RunMetrics(Collector):
    """Read anew for each scrape. Repetitions of a scenario are one; a new run begins at zero."""

    def __init__(self, control: RunControl, watch: CheckWatch) -> None:
        self._control = control
        self._watch = watch

    def collect(self) -> Iterator[Metric]:
        run = self._control.run
        if run is None:
            return
        figures = run.figures()
        yield from _of_run(run, figures)
        stages = _by_place(figures)
        yield from _counters(stages)
        for name, text, read in (
            ("response", "From the intended start, waiting and retries included.", _response),
            ("service", "Of one attempt alone.", _service),
        ):
            family = HistogramMetricFamily(
                f"jobload_{name}_time_seconds", f"{text} Successful operations only.", labels=PLACE
            )
            for place, stretch in stages.items():
                _add_histogram(family, place, read(stretch))
            yield family
        yield from _requests(figures)
        yield _checks(run, self._watch)


def _requests(figures: RunFigures) -> Iterator[Metric]:
    """By endpoint or step. Repetitions of a scenario are one."""
    found: dict[tuple[str, str, str], EndpointRecord] = {}
    for scenario in figures.scenarios:
        for stage in scenario.stages:
            record = stage.record
            for name, requests in (*record.endpoints.items(), *record.steps.items()):
                whole = found.setdefault((scenario.name, stage.name, name), EndpointRecord())
                whole.merge(requests)
    labels = (*PLACE, "endpoint")
    for count, text in REQUEST_COUNTERS.items():
        family = CounterMetricFamily(f"jobload_{count}", text, labels=labels)
        for place, requests in found.items():
            family.add_metric(place, getattr(requests, count.removeprefix("requests_")))
        yield family
    times = HistogramMetricFamily(
        "jobload_endpoint_time_seconds",
        "Of an endpoint or a step, its retries included. Successful ones only.",
        labels=labels,
    )
    for place, requests in found.items():
        _add_histogram(times, place, requests.response_time)
    yield times


def _response(stretch: Stretch) -> Histogram:
    return stretch.operations.response_time


def _service(stretch: Stretch) -> Histogram:
    return stretch.operations.service_time


def _of_run(run: LiveRun, figures: RunFigures) -> Iterator[Metric]:
    info = GaugeMetricFamily("jobload_run_info", "1 for the run.", labels=("run_id", "mode"))
    info.add_metric((run.id, figures.mode), 1)
    yield info
    state = run.result.status if run.result is not None else "running"
    states = GaugeMetricFamily("jobload_run_state", "1 for its state.", labels=("state",))
    for known in RUN_STATES:
        states.add_metric((known,), known == state)
    yield states
    yield GaugeMetricFamily(
        "jobload_run_elapsed_seconds", "Since the run began.", figures.duration_s
    )
    newest = [worker.newest for worker in figures.workers if worker.newest is not None]
    yield GaugeMetricFamily(
        "jobload_users", "Users that run.", sum(snapshot.users for snapshot in newest)
    )
    yield GaugeMetricFamily(
        "jobload_workers", "Processes that make load, lost ones included.", len(figures.workers)
    )
    stage = GaugeMetricFamily("jobload_stage", "1 for the stage that runs.", labels=PLACE)
    if run.phase == "load":
        scenario = run.setup.scenarios[run.position]
        running = known_stages(run, figures, run.position)[run.stage_index]
        stage.add_metric((scenario.name, running.name), 1)
    yield stage


def _by_place(figures: RunFigures) -> Stages:
    stages: dict[tuple[str, str], list[StageFigures]] = {}
    for scenario in figures.scenarios:
        for stage in scenario.stages:
            stages.setdefault((scenario.name, stage.name), []).append(stage)
    return {place: of_stages(found) for place, found in stages.items()}


def _counters(stages: Stages) -> Iterator[Metric]:
    for name, text in COUNTERS.items():
        family = CounterMetricFamily(f"jobload_{name}", text, labels=PLACE)
        for place, stretch in stages.items():
            kind, _, count = name.partition("_")
            of = stretch.arrivals if kind == "arrivals" else stretch.operations
            family.add_metric(place, getattr(of, count))
        yield family


def _add_histogram(family: HistogramMetricFamily, place: tuple[str, ...], times: Histogram) -> None:
    """A bucket of ours with a bound in it counts as up to it: off by 0.2 % of the time at most."""
    counts = [0] * (len(BOUNDS_S) + 1)
    for index, count in times.counts.items():
        counts[bisect_left(BOUNDS_S, lowest_us(index) / 1e6)] += count
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    buckets = list(zip(bounds, accumulate(counts), strict=True))
    family.add_metric(place, buckets, sum_value=times.sum_us / 1e6)


def _checks(run: LiveRun, watch: CheckWatch) -> Metric:
    family = GaugeMetricFamily(
        "jobload_check_state", "1 for how a check stands.", labels=("scenario", "check", "state")
    )
    for (scenario, check), state in _check_states(run, watch).items():
        for known in CHECK_STATES:
            family.add_metric((scenario, check, known), known == state)
    return family


def _check_states(run: LiveRun, watch: CheckWatch) -> dict[tuple[str, str], str]:
    """Of a scenario that is repeated, the repetition that began last."""
    if run.result is not None:
        return {
            (s.name, check.id): check.status for s in run.result.scenarios for check in s.checks
        }
    states: dict[tuple[str, str], str] = {}
    for live in watch.checks:
        key = live.spec.scenario, live.spec.id
        if live.status in CHECK_STATES:
            states[key] = live.status
        else:
            states.setdefault(key, "pending")
    return states
