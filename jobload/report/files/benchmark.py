"""benchmark.json for trend tools, in the form {benchmark: {measure: {value}}} that Bencher reads.

The measures have the names of the reference design's benchmark and are those of the judged stages.
A scenario that ran several times has the median, with the extremes as bounds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from statistics import median

from jobload.report.result.model import Result
from jobload.report.result.scenario_total import ScenarioTotal, scenario_total

Measures = dict[str, dict[str, float]]


def benchmark_json(result: Result) -> str:
    benchmarks = {
        name: _measures([scenario_total([each]) for each in repetitions])
        for name, repetitions in result.repetitions.items()
    }
    return json.dumps(benchmarks, indent=2) + "\n"


def _measures(repetitions: Sequence[ScenarioTotal]) -> Measures:
    measured = {
        "RPS": _summary(each.throughput_rps for each in repetitions),
        "error_rate": _summary(each.error_rate_percent for each in repetitions),
        "P99_latency_ms": _summary(each.p99_ms for each in repetitions),
    }
    return {name: summary for name, summary in measured.items() if summary}


def _summary(figures: Iterable[float | None]) -> dict[str, float]:
    known = [figure for figure in figures if figure is not None]
    if not known:
        return {}
    summary = {"value": round(median(known), 3)}
    if len(known) > 1:
        summary |= {"lower_value": min(known), "upper_value": max(known)}
    return summary
