"""Steps of operations in what a run leaves behind."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from made_check import judged
from made_result import result_of, result_validator
from made_run import Beat, MadeRun, light
from made_steps import in_steps

from jobload.compare.earlier_run import baseline_of
from jobload.compare.result_file import past_run
from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.measure.figures import RunFigures
from jobload.measure.stage_record import StageRecord
from jobload.report.files.html_page import report_html
from jobload.report.files.markdown import summary_markdown
from jobload.report.result.model import Result
from jobload.report.terminal.console_summary import render


def stepped() -> RunFigures:
    """Each second 50 operations of submit and wait; 2 fail in submit, after 3 retries."""
    made = MadeRun()
    made.play(light(), lambda stage, second: Beat(ms=[10.0] * 48, failed=2, retries=3))
    figures = made.end()
    for stage in figures.stages:
        in_steps(stage.record, "submit", "wait")
        stage.record.paused_us = 1_500_000
        stage.overall = stage.record.overall()
    return figures


@pytest.fixture(scope="module")
def result() -> Result:
    return result_of(stepped())


def test_steps_are_endpoints_and_operations_are_not_counted_twice(result: Result) -> None:
    result_validator().validate(json.loads(result.model_dump_json(by_alias=True)))
    hold = result.scenarios[0].stages[1]
    assert [(e.name, e.is_step) for e in hold.endpoints] == [("submit", True), ("wait", True)]
    assert [flow.name for flow in hold.flows] == ["order"]
    assert (hold.started, hold.succeeded, hold.failed) == (25 * 50, 25 * 48, 25 * 2)
    submit, wait = hold.endpoints
    assert (submit.attempts, wait.attempts) == (25 * 53, 25 * 48)
    assert hold.attempts == submit.attempts + wait.attempts
    assert hold.paused_s == 1.5
    assert result.total.total_requests == sum(s.started for s in result.scenarios[0].stages)


@pytest.mark.parametrize("text", [render, summary_markdown, report_html])
def test_steps_are_told_below_their_stages(result: Result, text: Callable[[Result], str]) -> None:
    said = text(result)
    assert "submit" in said
    assert "wait" in said


def test_a_result_read_back_has_the_operations_and_each_step(result: Result) -> None:
    past = past_run(result)
    hold = past.scenarios[0].stages[1]
    assert hold.whole.operations.started == 25 * 50
    assert hold.part("submit").operations.failed == 25 * 2
    line = "metric: p50, endpoint: wait, max_increase: 10%, min_delta: 1ms"
    text = f"scenarios: {{light: [{{{line}}}]}}"
    (spec, *_) = load_threshold_file("t.yaml", {"light": light()}, text=text)["light"]
    assert baseline_of(past)(spec) == pytest.approx(10.0, rel=0.01)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('metric: throughput, expect: ">= 1/s", stage: hold', 50.0),
        ('metric: request_rate, expect: ">= 1/s", stage: hold', 53 + 48),
        ('metric: request_rate, expect: ">= 1/s", stage: hold, endpoint: wait', 48.0),
        ('metric: error_rate, expect: "<= 9%", stage: hold', 4.0),
        ('metric: error_rate, expect: "<= 9%", stage: hold, endpoint: wait', 0.0),
        ('metric: request_error_rate, expect: "<= 9%", stage: hold', 100 * 5 / 101),
        ('metric: request_error_rate, expect: "<= 9%", stage: hold, endpoint: submit', 500 / 53),
        ('metric: p99, expect: "<= 9s", stage: hold, endpoint: submit', 10.0),
    ],
)
def test_checks_are_of_operations_or_of_one_step(line: str, value: float) -> None:
    outcome = judged(stepped().scenarios[0], line)
    assert outcome.actual == pytest.approx(value, rel=1 / 1024)


def test_a_step_that_has_the_name_of_its_flow_is_not_taken_for_it() -> None:
    """Nor the other way round, when the run is compared with others."""
    figures = stepped()
    for stage in figures.stages:
        in_steps_of_one_name(stage.record)
    scenario = figures.scenarios[0]
    line = 'metric: error_rate, expect: "<= 9%", stage: hold, endpoint: order'
    assert judged(scenario, line).actual == 0.0
    hold = past_run(result_of(figures)).scenarios[0].stages[1]
    assert hold.whole.operations.failed == 25 * 2
    assert hold.part("order").operations.failed == 0


def in_steps_of_one_name(record: StageRecord) -> None:
    record.steps["order"] = record.steps.pop("wait")


def test_a_request_that_is_a_step_of_some_operations_and_all_of_others_is_one_endpoint() -> None:
    figures = stepped()
    for stage in figures.stages:
        alone = stage.record.endpoint("GET /wait")
        alone.merge(stage.record.steps["wait"])
        stage.record.steps["GET /wait"] = stage.record.steps.pop("wait")
        stage.overall = stage.record.overall()
    past = past_run(result_of(figures)).scenarios[0].stages[1]
    line = 'metric: request_rate, expect: ">= 1/s", stage: hold, endpoint: GET /wait'
    assert judged(figures.scenarios[0], line).actual == pytest.approx(2 * 48, rel=0.001)
    for endpoint in ("GET /wait", "/wait"):
        assert past.part(endpoint).requests.attempts / past.part(endpoint).seconds == 2 * 48
