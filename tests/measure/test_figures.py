from __future__ import annotations

import pytest
from observed import KEY, Arrival, record_of, snapshot, told

from jobload.measure.collector import Collector
from jobload.measure.figures import RunFigures, ScenarioFigures, StageFigures, stage_figures
from jobload.measure.stage_record import StageRecord
from jobload.plan.scenario import load_scenario
from jobload.plan.stage import Stage

HOLD = Stage("hold", 10.0, 20, 20, 5.0, judged=True)
RAMP = Stage("ramp-up", 4.0, 0, 20, 5.0, judged=False)
CLOSED = Stage("hold", 10.0, 20, 20, None, judged=True)
GOOD = Arrival("good", "POST /jobs", 2_000, 1_000, 0, 0, "", 0)
BAD = Arrival("bad", "GET /jobs", 0, 0, 0, 0, "http-500", 0)
CENSORED = Arrival("censored", "POST /jobs", 0, 0, 0, 0, "", 0)


def figures(
    stage: Stage = HOLD, took_s: float = 10.0, record: StageRecord | None = None
) -> StageFigures:
    run = Collector("run")
    run.enroll("w1", 0.0)
    run.take(snapshot("w1", stages=[told(record or StageRecord())]), 1.0)
    return stage_figures(run, KEY, stage, started_s=5.0, ended_s=5.0 + took_s)


@pytest.mark.parametrize(
    ("what", "stage", "took_s", "planned"),
    [
        ("a hold", HOLD, 10.0, 1000.0),
        ("a hold that was cut short", HOLD, 3.0, 1000.0),
        ("a hold that took a little longer", HOLD, 10.01, 1000.0),
        ("a ramp", RAMP, 4.0, 200.0),
        ("a ramp that was cut short", RAMP, 2.0, 200.0),
        ("a stage that did not last at all", RAMP, 0.0, 200.0),
    ],
)
def test_planned_are_the_arrivals_of_the_plan_however_long_the_stage_really_took(
    what: str, stage: Stage, took_s: float, planned: float
) -> None:
    assert figures(stage, took_s).planned == pytest.approx(planned), what


def test_a_closed_model_plans_no_arrivals() -> None:
    assert figures(CLOSED).planned is None


def test_throughput_counts_what_ended_within_the_stage_whenever_it_was_meant_to_start() -> None:
    record = record_of([GOOD] * 30)
    record.ended_good, record.ended_bad = 20, 5
    stage = figures(record=record, took_s=10.0)
    assert stage.overall.succeeded == 30
    assert stage.throughput_rps == 2.5
    assert stage.goodput_rps == 2.0


def test_a_stage_that_took_no_time_has_no_throughput() -> None:
    stage = figures(took_s=0.0, record=record_of([GOOD]))
    assert stage.throughput_rps is None
    assert stage.goodput_rps is None


def test_the_error_rate_is_the_share_of_the_finished() -> None:
    assert (
        figures(record=record_of([GOOD] * 6 + [BAD] * 2 + [CENSORED] * 8)).error_rate_percent == 25
    )


@pytest.mark.parametrize("observed", [[], [CENSORED, CENSORED]])
def test_without_a_finished_operation_there_is_no_error_rate(observed: list[Arrival]) -> None:
    assert figures(record=record_of(observed)).error_rate_percent is None


def test_a_stage_knows_what_each_worker_did() -> None:
    run = Collector("run")
    for n, worker in enumerate(["w1", "w2", "idle"]):
        run.enroll(worker, 0.0)
        stages = [told(record_of([GOOD] * (n + 1)))] if worker != "idle" else []
        run.take(snapshot(worker, stages=stages), 1.0)
    stage = stage_figures(run, KEY, HOLD, 0.0, 10.0)
    assert {worker: record.started for worker, record in stage.by_worker.items()} == {
        "w1": 1,
        "w2": 2,
    }
    assert stage.record.started == stage.overall.started == 3


def test_a_window_counts_seconds_from_the_start_of_the_run() -> None:
    run = Collector("run")
    run.enroll("w1", 0.0)
    run.take(snapshot("w1", seq=1, second=6, stages=[told(record_of([GOOD]))]), 7.0)
    stage = stage_figures(run, KEY, HOLD, started_s=5.0, ended_s=15.0)
    assert stage.window(6, 1).overall().succeeded == 1
    assert stage.window(1, 5).overall().succeeded == 0


def test_a_run_is_all_stages_of_all_scenarios() -> None:
    scenario = load_scenario(
        {"name": "light", "shape": "ramp", "users": 20, "duration": "10s", "rate": 100}
    )
    stages = [figures(RAMP, record=record_of([GOOD])), figures(record=record_of([GOOD, BAD]))]
    light = ScenarioFigures(0, 1, scenario, stages)
    run = RunFigures(
        run_id="run",
        started_at="2026-01-01T00:00:00+00:00",
        duration_s=15.0,
        host="http://127.0.0.1:1",
        mode="local",
        end_reason="completed",
        end_detail="",
        collector=Collector("run"),
        scenarios=[light, light],
    )
    assert len(run.stages) == 4
    assert (run.total().started, run.total().failed) == (6, 2)
    assert stages[0].record.started == 1, "a total must not touch what it adds up"
    assert light.judged_stages == [stages[1]]
    assert light.stage("hold") is stages[1]
    assert light.stage("spike") is None
    assert light.name == "light"
