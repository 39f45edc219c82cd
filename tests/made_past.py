"""Ended runs made of the figures that a test states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from random import Random
from typing import Any

from jobload.compare.earlier_run import PastRun, PastScenario, PastStage
from jobload.judge.stretches.stretch import Stretch
from jobload.measure.histogram import Histogram
from jobload.measure.stage_record import EndpointRecord, StageRecord

_numbers = count(1)
CONFIGURATION: dict[str, object] = {"shape": "ramp", "users": 10, "rate": 50.0}


def spread(around_ms: float, n: int = 350, seed: int = 0, noise: float = 0.05) -> list[float]:
    random = Random(seed)
    return [around_ms * random.lognormvariate(0, noise) for _ in range(n)]


def past_stage(
    ms: Iterable[float],
    *,
    name: str = "hold",
    judged: bool = True,
    seconds: float = 7.0,
    failed: int = 0,
    rps: float | None = None,
) -> PastStage:
    times = Histogram()
    for each in ms:
        times.record(round(each * 1000))
    good = times.count if rps is None else round(rps * seconds)
    whole = Stretch(
        seconds=seconds,
        arrivals=StageRecord(offered=times.count + failed, ended_good=good, ended_bad=failed),
        operations=EndpointRecord(
            started=times.count + failed,
            succeeded=times.count,
            failed=failed,
            response_time=times,
            response_time_lower=times.copy(),
            service_time=times.copy(),
        ),
        due=times.count + failed,
    )
    ended_each, good_each = round((good + failed) / seconds), round(good / seconds)
    each_second = ([count] * round(seconds) for count in (ended_each, good_each))
    return PastStage(name, judged, whole, {"POST /api/v1/jobs": [whole]}, *each_second)


def past_scenario(*stages: PastStage, name: str = "light", **fields: Any) -> PastScenario:
    made = PastScenario(name, CONFIGURATION, None, stages)
    return replace(made, **fields)


def past_run(*scenarios: PastScenario, **fields: Any) -> PastRun:
    made = PastRun(f"run-{next(_numbers)}", None, 1, None, scenarios)
    return replace(made, **fields)


def light_run(around_ms: float, seed: int = 0, **fields: Any) -> PastRun:
    """One scenario of one judged stage of 7 s, 50 a second."""
    return past_run(past_scenario(past_stage(spread(around_ms, seed=seed))), **fields)


def light_runs(around_ms: Sequence[float], first_seed: int = 0) -> list[PastRun]:
    return [light_run(ms, first_seed + position) for position, ms in enumerate(around_ms)]
