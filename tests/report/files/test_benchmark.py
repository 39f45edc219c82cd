from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from made_result import full_result, result_of
from made_run import Beat, MadeRun, light

from jobload.report.files.benchmark import benchmark_json


def test_each_scenario_has_the_measures_of_the_reference() -> None:
    found = json.loads(benchmark_json(full_result()))
    assert [*found] == ["light", "spike", "stress", "endurance"]
    assert found["light"]["RPS"] == {"value": 50.0}
    assert found["light"]["error_rate"] == {"value": 0.0}
    assert [*found["light"]] == ["RPS", "error_rate", "P99_latency_ms"]
    assert found["spike"]["error_rate"]["value"] == pytest.approx(28.551, abs=0.001)


def _each_second(rps: int) -> Callable[[object, int], Beat]:
    return lambda stage, second: Beat(ms=[float(rps)] * rps)


def test_a_repeated_scenario_has_its_median_and_extremes() -> None:
    run = MadeRun()
    for rps in (40, 60, 50):
        run.play(light(), _each_second(rps))
    found = json.loads(benchmark_json(result_of(run.end())))
    assert found["light"]["RPS"] == {"value": 50.0, "lower_value": 40.0, "upper_value": 60.0}
    assert found["light"]["P99_latency_ms"]["lower_value"] == 40.0


def test_what_was_not_measured_is_left_out() -> None:
    run = MadeRun()
    run.play(light(), lambda stage, second: Beat(failed=2))
    found = json.loads(benchmark_json(result_of(run.end())))
    assert found["light"] == {"RPS": {"value": 2.0}, "error_rate": {"value": 100.0}}
