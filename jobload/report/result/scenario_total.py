"""The judged stages of a scenario, with all its repetitions, as a few figures of a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobload.measure.histogram import Histogram
from jobload.report.result.bucket_text import histogram_of
from jobload.report.result.model import Scenario
from jobload.report.result.stage_figures import milliseconds, rounded

HASH_CHARACTERS = 12
SENT = frozenset({"json", "form", "headers", "variables", "until", "fail"})
"""Keys within them are no fields of ours."""
FIRST_FIELDS = frozenset(
    """
    audit body ca capture cert completion_timeout data delete fail flows form get head headers json
    judged key name operation_timeout options patch pause payload poll post put rate rate_per_user
    ready retries retry reuse status steps timeout times tls users_from variables verify
    """.split()  # noqa: SIM905  # forty lines
)
"""All of 0.3.0 that may say nothing: hashes in histories are of them, too."""


@dataclass(frozen=True, slots=True)
class ScenarioTotal:
    throughput_rps: float | None
    error_rate_percent: float | None
    p50_ms: float | None
    p99_ms: float | None


def scenario_total(repetitions: Sequence[Scenario]) -> ScenarioTotal:
    stages = [stage for scenario in repetitions for stage in scenario.stages if stage.judged]
    seconds = sum(stage.duration_s for stage in stages)
    ended = sum(stage.ended_good + stage.ended_bad for stage in stages)
    failed = sum(stage.failed for stage in stages)
    finished = failed + sum(stage.succeeded for stage in stages)
    times = Histogram()
    for stage in stages:
        for each in stage.operations:
            times.merge(histogram_of(each.response_time_buckets, each.response_time_ms))
    p50, p99 = times.percentiles_us([50, 99])
    return ScenarioTotal(
        rounded(ended / seconds if seconds > 0 else None),
        rounded(100 * failed / finished if finished else None),
        milliseconds(p50),
        milliseconds(p99),
    )


def plan_hash(scenario: Scenario) -> str:
    """The same for the same plan, in whichever version: what a scenario is, without its secrets."""
    text = json.dumps(_without_new_fields(scenario.configuration), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_CHARACTERS]


def _without_new_fields(part: Any) -> Any:
    """Where they say nothing."""
    if isinstance(part, list):
        return [_without_new_fields(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: value if key in SENT else _without_new_fields(value)
        for key, value in part.items()
        if key in FIRST_FIELDS or not says_nothing(value)
    }


def says_nothing(value: object) -> bool:
    return value is None or value is False or value in ("", [], {})
