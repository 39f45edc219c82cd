"""A run that goes on, or was the last to, as a frame."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from jobload.live.check_watch import CheckWatch
from jobload.live.known_stages import known_stages
from jobload.live.live_run import LiveRun
from jobload.live.metrics.definition import CHECK_STATES
from jobload.live.metrics.frame import Check, Exemplar, Frame, PlaceFigures, RequestFigures
from jobload.measure.figures import RunFigures, StageFigures
from jobload.measure.stage_record import EndpointRecord, StageRecord, merged

OF_ARRIVALS = ("offered", "missed", "late")
OF_OPERATIONS = ("started", "succeeded", "failed", "censored", "retries")


def frame_of(run: LiveRun, watch: CheckWatch) -> Frame:
    """A new run begins at zero; one that is over has no users, and goes on no more. `watch` knows
    how the checks stand."""
    figures, result = run.figures(), run.result
    at_work = {view.id: view.at_work for view in figures.workers}
    newest = [snapshot for snapshot in at_work.values() if snapshot is not None]
    began_unix_s = datetime.fromisoformat(figures.started_at).timestamp()
    return Frame(
        run_id=run.id,
        mode=figures.mode,
        began_unix_s=began_unix_s,
        state="running" if result is None else result.status,
        elapsed_s=figures.duration_s if result is None else result.duration_s,
        users=sum(snapshot.users for snapshot in newest) if result is None else 0,
        workers=len(figures.workers),
        in_flight=sum(snapshot.in_flight for snapshot in newest),
        cpu_ratio={
            worker: 0.0 if snapshot is None else snapshot.cpu_percent / 100
            for worker, snapshot in at_work.items()
        },
        stage=_stage(run, figures),
        places=[_place(stages, began_unix_s) for stages in _by_place(figures)],
        checks=[Check(*key, state) for key, state in _check_states(run, watch).items()],
    )


def _stage(run: LiveRun, figures: RunFigures) -> tuple[str, str] | None:
    if run.phase != "load":
        return None
    scenario = run.setup.scenarios[run.position]
    return scenario.name, known_stages(run, figures, run.position)[run.stage_index].name


def _by_place(figures: RunFigures) -> Iterable[list[tuple[str, StageFigures]]]:
    places: dict[tuple[str, str], list[tuple[str, StageFigures]]] = {}
    for scenario in figures.scenarios:
        for stage in scenario.stages:
            places.setdefault((scenario.name, stage.name), []).append((scenario.name, stage))
    return places.values()


def _place(stages: list[tuple[str, StageFigures]], began_unix_s: float) -> PlaceFigures:
    """Where there is one, its own records: they are only read."""
    (scenario, first), *_ = stages
    records = [stage.record for _, stage in stages]
    overall = first.overall if len(stages) == 1 else merged(stage.overall for _, stage in stages)
    counts = {
        f"arrivals_{name}": sum(getattr(record, name) for record in records) for name in OF_ARRIVALS
    }
    counts |= {f"operations_{name}": getattr(overall, name) for name in OF_OPERATIONS}
    return PlaceFigures(
        scenario=scenario,
        stage=first.name,
        counts=counts,
        response=overall.response_time,
        lower=overall.response_time_lower,
        service=overall.service_time,
        requests={name: _request(found) for name, found in _requests(records).items()},
        exemplars=[*_exemplars(records, began_unix_s)],
    )


def _requests(records: list[StageRecord]) -> dict[str, list[EndpointRecord]]:
    """By endpoint or step."""
    found: dict[str, list[EndpointRecord]] = {}
    for record in records:
        for name, requests in (*record.endpoints.items(), *record.steps.items()):
            found.setdefault(name, []).append(requests)
    return found


def _request(found: list[EndpointRecord]) -> RequestFigures:
    whole = found[0] if len(found) == 1 else merged(found)
    return RequestFigures(whole.attempts, whole.failed, whole.response_time)


def _exemplars(records: list[StageRecord], began_unix_s: float) -> Iterable[Exemplar]:
    """The slowest of those that were traced."""
    for record in records:
        for each in record.noted.slowest:
            if each.trace:
                ended_s = began_unix_s + each.ended_us / 1e6
                yield Exemplar(each.trace, each.span, each.response_us, ended_s)


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
