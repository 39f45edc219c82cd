"""benchmark.json for trend tools, in the form {benchmark: {measure: {value}}} that Bencher reads.

The measures have the names of the reference design's benchmark and are those of the judged stages.
A scenario that ran several times has the median, with the extremes as bounds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from statistics import median

from jobload.judge.stretches.stretch import of_stages
from jobload.measure.figures import RunFigures, ScenarioFigures

Measures = dict[str, dict[str, float]]


def benchmark_json(run: RunFigures) -> str:
    names = dict.fromkeys(scenario.name for scenario in run.scenarios)
    benchmarks = {name: _measures([s for s in run.scenarios if s.name == name]) for name in names}
    return json.dumps(benchmarks, indent=2) + "\n"


def _measures(repetitions: Sequence[ScenarioFigures]) -> Measures:
    measured = [_figures(scenario) for scenario in repetitions]
    return {
        name: _summary(values)
        for name in ("RPS", "error_rate", "P99_latency_ms")
        if (values := [value for found in measured if (value := found[name]) is not None])
    }


def _figures(scenario: ScenarioFigures) -> dict[str, float | None]:
    whole = of_stages(scenario.judged_stages)
    failed, finished = whole.operations.failed, whole.operations.finished
    p99_us = whole.operations.response_time.percentile_us(99)
    ended = whole.arrivals.ended_good + whole.arrivals.ended_bad
    return {
        "RPS": ended / whole.seconds if whole.seconds > 0 else None,
        "error_rate": 100 * failed / finished if finished else None,
        "P99_latency_ms": None if p99_us is None else p99_us / 1e3,
    }


def _summary(values: Sequence[float]) -> dict[str, float]:
    summary = {"value": round(median(values), 3)}
    if len(values) > 1:
        summary |= {"lower_value": round(min(values), 3), "upper_value": round(max(values), 3)}
    return summary
