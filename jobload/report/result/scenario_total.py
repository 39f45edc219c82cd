"""The judged stages of a scenario, with all its repetitions, as a few figures of a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from jobload.measure.histogram import Histogram
from jobload.report.result.bucket_text import histogram_of
from jobload.report.result.model import Scenario
from jobload.report.result.stage_figures import milliseconds, rounded

HASH_CHARACTERS = 12


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
    """The same for the same plan: what a scenario is, without its secrets."""
    text = json.dumps(scenario.configuration, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_CHARACTERS]
