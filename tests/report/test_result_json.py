from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from made_result import THRESHOLDS, full_run, result_of
from made_run import Beat, MadeRun, light, planned

from jobload.measure.figures import RunFigures
from jobload.report.files.write import to_json
from jobload.report.result.model import Result
from jobload.report.result.result_schema import result_schema

SCHEMA = Path(__file__).parents[2] / "schemas" / "result.schema.json"


@pytest.fixture(scope="module")
def run() -> RunFigures:
    return full_run()


@pytest.fixture(scope="module")
def data(run: RunFigures) -> Any:
    return json.loads(to_json(result_of(run, THRESHOLDS)))


@cache
def committed() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def empty_run() -> RunFigures:
    run = MadeRun(end_reason="no-target", end_detail="nothing listens on 127.0.0.1:1")
    run.play(light(), lambda stage, second: Beat(), only=[])
    return run.end()


def profile() -> RunFigures:
    run = MadeRun(profile_only=True)
    run.play(light(), planned())
    return run.end()


def test_the_committed_schema_is_that_of_the_models() -> None:
    renew = "renew it: python -m jobload.report.result.result_schema > schemas/result.schema.json"
    assert json.loads(SCHEMA.read_text()) == result_schema(), renew


@pytest.mark.parametrize("made", [full_run, empty_run, profile])
def test_a_result_keeps_the_published_schema(made: Any) -> None:
    figures = made()
    text = THRESHOLDS if made is full_run else None
    committed().validate(json.loads(to_json(result_of(figures, text))))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "jobload.result/2"),
        (("status",), "OK"),
        (("exit_code",), "0"),
        (("validity", 0, "status"), "INVALID"),
        (("scenarios", 0, "checks", 0, "status"), "INVALID"),
        (("scenarios", 0, "stages", 0, "offered"), 1.5),
        (("scenarios", 0, "stages", 0, "response_time_ms", "p99"), "fast"),
        (("total", "total_requests"), None),
    ],
)
def test_the_schema_refuses_what_is_no_result(
    data: Any, path: tuple[str | int, ...], value: object
) -> None:
    broken = json.loads(json.dumps(data))
    *way, last = path
    inner = broken
    for key in way:
        inner = inner[key]
    inner[last] = value
    assert not committed().is_valid(broken)


def test_the_fields_are_those_of_the_design(data: Any) -> None:
    assert {
        *("schema", "run_id", "started_at", "status", "exit_code", "host", "topology"),
        *("validity", "scenarios", "total", "environment"),
    } <= set(data)
    assert {"mode", "workers"} <= set(data["topology"])
    assert {"id", "status", "requests"} <= set(data["topology"]["workers"][0])
    assert {"id", "status", "actual", "expect"} <= set(data["validity"][0])
    scenario = data["scenarios"][0]
    assert {"name", "status", "stages", "checks"} <= set(scenario)
    assert {"breaking_point", "recovery_s", "drift"} <= set(scenario)
    stage = scenario["stages"][0]
    assert {
        *("name", "duration_s", "offered", "missed", "started", "succeeded", "failed"),
        *("censored", "retries", "throughput_rps", "error_rate_percent"),
        *("response_time_ms", "service_time_ms", "errors", "endpoints"),
    } <= set(stage)
    assert {"min", "mean", "p50", "p95", "p99", "p99_9", "max"} == set(stage["response_time_ms"])
    assert {"id", "metric", "stage", "endpoint", "expect", "actual", "status"} <= set(
        scenario["checks"][0]
    )
    assert {
        *("total_requests", "successful_requests", "failed_requests", "latencies"),
        *("min_latency_ms", "max_latency_ms", "avg_latency_ms", "p95_latency_ms"),
        *("p99_latency_ms", "throughput_rps", "error_rate_percent", "test_duration", "errors"),
    } <= set(data["total"])


def test_the_figures_are_those_of_the_run(data: Any) -> None:
    assert data["schema"] == "jobload.result/1"
    assert (data["status"], data["exit_code"]) == ("FAIL", 1)
    light_scenario, spike, stress, endurance = data["scenarios"]
    hold = light_scenario["stages"][1]
    assert (hold["name"], hold["offered"], hold["planned"], hold["succeeded"]) == (
        *("hold", 1250),
        *(1250.0, 1250),
    )
    assert hold["throughput_rps"] == 50.0
    assert hold["seconds"]["second"] == [*range(5, 30)]
    assert hold["seconds"]["ended"] == [50] * 25
    assert hold["seconds"]["users"] == [10] * 25
    late_ms = [hold["generator"][f"lateness_{name}_ms"] for name in ("p50", "p99", "max")]
    assert late_ms == pytest.approx([150.0] * 3, rel=1e-3)
    assert hold["generator"]["cpu_percent"] == {"w1": 10.0}
    assert hold["generator"]["stolen_percent"] == {"w1": 2.0}
    assert [endpoint["name"] for endpoint in hold["endpoints"]] == ["POST /api/v1/jobs"]
    peak = spike["stages"][2]
    assert (peak["started"], peak["failed"], peak["retries"]) == (3000, 1005, 3015)
    assert peak["attempts"] == 6015
    assert peak["error_rate_percent"] == 33.5
    assert peak["goodput_rps"] == 133.0
    assert peak["errors"] == [
        {"kind": "http-500", "count": 1005, "example": "HTTP 500 from the target"}
    ]
    assert spike["recovery_s"] == 3.0
    assert stress["breaking_point"]["text"] == "breaking point reached at concurrency 150"
    assert stress["breaking_point"]["last_passing"]["rate"] == 300.0
    assert endurance["drift"]["growth_percent"] > 10
    total = data["total"]
    assert total["total_requests"] == total["successful_requests"] + total["failed_requests"]
    assert total["latencies"] == "histogram.hgrm"
    assert total["test_duration"] == 240.0


def test_what_has_no_data_is_null_and_not_zero() -> None:
    data = json.loads(to_json(result_of(empty_run())))
    assert data["total"]["p99_latency_ms"] is None
    assert data["total"]["error_rate_percent"] is None
    assert data["total"]["throughput_rps"] is None
    assert (data["status"], data["exit_code"]) == ("INVALID", 3)


def test_a_result_reads_back_as_it_was_written(run: RunFigures) -> None:
    result = result_of(run, THRESHOLDS)
    assert Result.model_validate_json(to_json(result)) == result


def test_configuration_and_limits_are_kept(data: Any) -> None:
    light_scenario = data["scenarios"][0]
    assert light_scenario["configuration"]["rate"] == 50.0
    assert light_scenario["configuration"]["duration"] == "30s"
    assert light_scenario["limits"] == [
        "throughput >= 40/s (hold)",
        "error_rate <= 1%",
        "p99 <= 100ms",
        "p99.9 <= 20ms [warn]",
        "missed <= 1% [implied]",
    ]
    assert data["scenarios"][1]["limits"][2] == "p95 <= 55ms for 10s after 2s (spike)"


def test_a_profile_shows_its_limits_and_judges_nothing() -> None:
    result = result_of(profile())
    assert result.status == "PROFILED"
    assert result.scenarios[0].checks == []
    assert result.scenarios[0].limits == ["error_rate <= 1% [implied]", "missed <= 1% [implied]"]


def test_no_secret_comes_into_a_result() -> None:
    headers = {"Authorization": "Bearer s3cret", "X-Api-Key": "${KEY}", "Accept": "text/plain"}
    run = MadeRun(end_reason="crashed", end_detail="GET http://me:s3cret@host/?token=s3cret died")

    def beats(stage: Any, second: int) -> Beat:
        return Beat(failed=1, error="refused by https://me:s3cret@host:1/x?api_key=s3cret&page=2")

    run.play(light(headers=headers), beats)
    figures = run.end()
    figures.host = "https://me:s3cret@example.org/base"
    figures.crashes.append("shape: OSError: http://me:s3cret@host")
    text = to_json(result_of(figures))
    assert "s3cret" not in text
    assert "https://***@example.org/base" in text
    assert "?api_key=***&page=2" in text
    configuration = json.loads(text)["scenarios"][0]["configuration"]
    assert configuration["headers"] == {
        "Authorization": "***",
        "X-Api-Key": "${KEY}",
        "Accept": "text/plain",
    }
