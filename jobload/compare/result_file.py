"""A result.json read back, as the judge compares it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue, ValidationError

from jobload.compare.earlier_run import PastRun, PastScenario, PastStage
from jobload.judge.stretches.stretch import Stretch
from jobload.measure.stage_record import EndpointRecord, StageRecord
from jobload.report.files.history_entry import machine_text
from jobload.report.files.write import RESULT_FILE
from jobload.report.result.bucket_text import histogram_of
from jobload.report.result.model import Result, Scenario
from jobload.report.result.stage_model import Endpoint, Stage
from jobload.report.text.plain import in_plain, plain

LARGEST_BYTES = 64 * 1024 * 1024


class PastRunError(Exception):
    """One sentence on why a result can't be used."""


def read_past_run(path: str | Path) -> PastRun:
    """From a result.json, or the folder of a run."""
    file = Path(path)
    if os.path.isdir(path):  # noqa: PTH112  # of a name that is too long, reading it will tell
        file /= RESULT_FILE
    result = in_plain(read_result(file))  # it may come from somebody else
    try:
        return past_run(result)
    except (ValueError, ArithmeticError) as error:
        raise PastRunError(f"{file} contradicts itself: {error}.") from None


def read_result(file: Path, most_bytes: int = LARGEST_BYTES) -> Result:
    try:
        with file.open("rb") as opened:  # a device or a pipe tells no size
            text = opened.read(most_bytes + 1)
        if len(text) > most_bytes:
            raise PastRunError(f"{file} is larger than any result of a run.")
    except OSError as error:
        raise PastRunError(
            f"{file} can't be read: {error.strerror or error}. Expected the folder of a run, such"
            " as results/latest, or its result.json."
        ) from None
    try:
        return Result.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        problem = plain(f"{where}: {first['msg']}" if where else first["msg"])
        raise PastRunError(
            f"{file} is no result of this version of jobload ({problem}); run it again."
        ) from None


def past_run(result: Result) -> PastRun:
    """ValueError when the figures contradict each other."""
    version = result.environment.get("target_version")
    return PastRun(
        run_id=result.run_id,
        distrust=result.distrust,
        workers=len(result.topology.workers),
        target_version=None if version is None else str(version),
        scenarios=[_scenario(scenario) for scenario in result.scenarios],
        made_by=_made_by(result.environment),
    )


def _made_by(environment: Mapping[str, JsonValue]) -> dict[str, str]:
    versions = environment.get("versions")
    told = versions if isinstance(versions, dict) else {}
    known = {"Python": told.get("python"), "jobload": told.get("jobload")}
    machine = {"machine": machine_text(environment)} if environment.get("processor") else {}
    return machine | {name: str(each) for name, each in known.items() if each is not None}


def _scenario(scenario: Scenario) -> PastScenario:
    cut_short = -1 if scenario.ended_early is None else len(scenario.stages) - 1
    good = Counter[int]()
    for stage in scenario.stages:
        good.update(_by_second(stage.seconds.second, stage.seconds.succeeded))
    return PastScenario(
        name=scenario.name,
        configuration=scenario.configuration,
        cut_off=scenario.cut_off,
        stages=[
            _stage(stage, good, ran=at != cut_short) for at, stage in enumerate(scenario.stages)
        ],
    )


def _stage(stage: Stage, good: Counter[int], *, ran: bool) -> PastStage:
    """`ran` to its end; else it was cut short, and what was planned for all of it was not due.
    `good` are operations of all stages, by second: those of one may end in the next."""
    requests = [(e, _endpoint(e, stage.duration_s)) for e in stage.endpoints]
    flows = [(e, _endpoint(e, stage.duration_s)) for e in stage.flows]
    whole = Stretch(
        seconds=stage.duration_s,
        arrivals=StageRecord(
            offered=stage.offered,
            missed=stage.missed,
            ended_good=stage.ended_good,
            ended_bad=stage.ended_bad,
        ),
        due=stage.planned if ran and stage.planned is not None else stage.offered,
    )
    for endpoint, part in (*requests, *flows):
        part.due = part.operations.finished * whole.due / max(1, stage.offered)
        if not endpoint.is_step:
            whole.operations.merge(part.operations)
    parts: dict[str, list[Stretch]] = {}
    for endpoint, part in requests:
        whole.requests.merge(part.requests)
        whole.sent += part.sent
        parts.setdefault(endpoint.name, []).append(part)
    for endpoint, part in flows:
        parts.setdefault(endpoint.name, [part])
    steps = {endpoint.name for endpoint in stage.endpoints if endpoint.is_step}
    if len(names := {each.name for each in stage.operations}) == 1 and not names & steps:
        parts[names.pop()] = [whole]  # as of_stages has the only endpoint of a stage
    ended = _by_second(stage.seconds.second, stage.seconds.ended)
    # The whole seconds nearest to the stage, as its windows are laid.
    in_stage = range(round(stage.started_s), round(stage.started_s + stage.duration_s))
    return PastStage(
        name=stage.name,
        judged=stage.judged,
        whole=whole,
        endpoints=parts,
        ended_by_second=[ended.get(second, 0) for second in in_stage],
        good_by_second=[min(ended.get(second, 0), good[second]) for second in in_stage],
    )


def _endpoint(endpoint: Endpoint, seconds: float) -> Stretch:
    """Ends are counted for a stage as a whole; of an endpoint its operations stand for them."""
    times = histogram_of(endpoint.response_time_buckets, endpoint.response_time_ms)
    if times.count != endpoint.succeeded and not endpoint.is_step:
        raise ValueError(f"{endpoint.succeeded} operations succeeded, {times.count} have a time")
    record = EndpointRecord(
        started=endpoint.started,
        succeeded=endpoint.succeeded,
        failed=endpoint.failed,
        attempts=endpoint.attempts,
        retries=endpoint.retries,
        response_time=times,
        response_time_lower=times.copy(),
        service_time=histogram_of(endpoint.service_time_buckets, endpoint.service_time_ms),
    )
    return Stretch(
        seconds=seconds,
        arrivals=StageRecord(ended_good=endpoint.succeeded, ended_bad=endpoint.failed),
        operations=record,
        requests=record,
        sent=endpoint.attempts,
    )


def _by_second(seconds: Sequence[int], counts: Sequence[int]) -> dict[int, int]:
    return dict(zip(seconds, counts, strict=True))
