from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_check import check
from made_result import checks_of, full_result, full_run, result_of
from made_run import Beat, MadeRun, light, planned, stress

from jobload.compare.earlier_run import baseline_of
from jobload.compare.result_file import PastRunError, past_run, read_past_run
from jobload.judge.stretches.reading import read
from jobload.judge.stretches.stretch import of_stages
from jobload.plan.stage import Stage
from jobload.report.files.write import to_json
from jobload.report.result.model import Result


def test_a_run_read_back_has_the_figures_it_had() -> None:
    figures, past = full_run(), past_run(full_result())
    assert past.names == [scenario.name for scenario in figures.scenarios]
    for scenario, before in zip(figures.scenarios, past.scenarios, strict=True):
        is_of_steps = scenario.scenario.asks == "breaking point"
        assert before.cut_off == (None if is_of_steps else scenario.ended_early)
        for stage, read_back in zip(scenario.stages, before.stages, strict=True):
            whole = of_stages([stage])
            then, now = read_back.whole.operations, whole.operations
            assert then.response_time.counts == now.response_time.counts
            assert then.service_time.counts == now.service_time.counts
            for name in ("started", "succeeded", "failed", "retries"):
                assert getattr(then, name) == getattr(now, name)
            for name in ("offered", "missed", "ended_good", "ended_bad"):
                assert getattr(read_back.whole.arrivals, name) == getattr(whole.arrivals, name)
            assert read_back.whole.seconds == pytest.approx(whole.seconds)
            ended = whole.arrivals.ended_good + whole.arrivals.ended_bad
            assert sum(read_back.ended_by_second) == ended
            assert sum(read_back.good_by_second) == whole.arrivals.ended_good


def test_what_ends_in_the_next_stage_is_a_good_operation_of_its_second() -> None:
    run = MadeRun()
    run.play(light(), planned())
    told = json.loads(to_json(result_of(run.end())))
    ramp, hold = (stage["seconds"] for stage in told["scenarios"][0]["stages"])
    for name in ramp:
        ramp[name].append(hold[name][0])
    hold["succeeded"][0] = ramp["ended"][-1] = 0
    _, read_back = past_run(Result.model_validate(told)).scenarios[0].stages
    assert read_back.good_by_second == read_back.ended_by_second == [50] * 25


def test_each_absolute_check_reads_the_same_of_the_run_read_back() -> None:
    figures, past = full_run(), past_run(full_result())
    baseline = baseline_of(past)
    compared = 0
    for scenario in figures.scenarios:
        for spec in checks_of(figures)[scenario.name]:
            if spec.metric in ("recovery_time", "drift") or spec.is_windowed:
                continue
            named = [scenario.stage(spec.stage)] if spec.stage else scenario.judged_stages
            stages = [stage for stage in named if stage is not None]
            reading = read(spec, of_stages(stages))
            if reading.samples >= spec.min_samples:
                assert baseline(spec) == pytest.approx(reading.value)
                compared += 1
    assert compared > 5


@pytest.mark.parametrize("metric", ["throughput", "goodput", "request_rate"])
def test_the_rate_of_one_endpoint_of_several_reads_the_same_of_the_run_read_back(
    metric: str,
) -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[1.0] * 50, endpoint="GET /a" if second % 5 else "POST /b")

    run = MadeRun()
    figures = run.play(light(), beats)
    result = result_of(run.end())
    line = f'metric: {metric}, max_decrease: 5%, min_delta: "1/s", endpoint: "GET /a", stage: hold'
    spec = check(light(users_mix={"JobSubmitter": 1, "JobWatcher": 1}), line)
    hold = of_stages(figures.judged_stages, "GET /a")
    assert baseline_of(past_run(result))(spec) == pytest.approx(40.0)
    assert read(spec, hold).value == pytest.approx(40.0)


@pytest.mark.parametrize("endpoint", ["", ', endpoint: "POST /api/v1/jobs"'])
@pytest.mark.parametrize("metric", ["throughput", "goodput"])
def test_what_ended_after_its_stage_is_in_no_rate_of_either_run(metric: str, endpoint: str) -> None:
    run = MadeRun()
    figures = run.play(light(), planned(ms=900.0))
    (hold,) = figures.judged_stages
    hold.record.ended_good -= 40
    spec = check(light(), f'metric: {metric}, max_decrease: 5%, min_delta: "1/s"{endpoint}')
    now = read(spec, of_stages([hold], spec.endpoint)).value
    assert baseline_of(past_run(result_of(run.end())))(spec) == now == hold.throughput_rps


def test_what_was_just_due_at_the_end_is_missed_in_both_runs() -> None:
    run = MadeRun()
    figures = run.play(light(), lambda stage, second: Beat(ms=[900.0] * 49, missed=second == 24))
    spec = check(light(), 'metric: missed, max_increase: 5%, min_delta: "1%"')
    (hold,) = figures.judged_stages
    assert of_stages([hold]).just_due == 1
    now = read(spec, of_stages([hold])).value
    assert baseline_of(past_run(result_of(run.end())))(spec) == now == 100 / (25 * 49 + 1)


def test_what_was_planned_for_the_rest_of_a_stage_that_was_cut_short_was_not_due() -> None:
    run = MadeRun()
    figures = run.play(stress(), planned(), only=["step-50"], ended_early="breaking point reached")
    figures.stages[0].stage = replace(figures.stages[0].stage, duration_s=60.0)
    spec = check(stress(), 'metric: throughput, max_decrease: 5%, min_delta: "1/s"')
    assert baseline_of(past_run(result_of(run.end())))(spec) == pytest.approx(150.0)


def written(folder: Path, **changes: Any) -> Path:
    data = json.loads(to_json(full_result())) | changes
    path = folder / "result.json"
    path.write_text(json.dumps(data))
    return path


def test_the_folder_of_a_run_or_its_file_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert read_past_run(path).run_id == read_past_run(tmp_path).run_id == full_result().run_id


def test_the_version_of_the_target_is_read_back_when_it_is_known(tmp_path: Path) -> None:
    assert read_past_run(written(tmp_path)).target_version is None
    known = written(tmp_path, environment={"target_version": "1.4"})
    assert read_past_run(known).target_version == "1.4"


def broken(folder: Path, text: bytes) -> Path:
    (folder / "result.json").write_bytes(text)
    return folder


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "no result of this version"),
        (b"{}", "run_id: Field required"),
        (b"\xff\xfe", "no result of this version"),
        (b"[1, 2]", "no result of this version"),
        (b'{"schema": "jobload.result/2"}', "schema: Input should be 'jobload.result/1'"),
    ],
)
def test_a_file_that_is_no_result_is_refused(tmp_path: Path, text: bytes, says: str) -> None:
    with pytest.raises(PastRunError, match="is no result") as raised:
        read_past_run(broken(tmp_path, text))
    assert says in str(raised.value)


def test_what_is_not_there_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(PastRunError, match=r"No such file.*Expected the folder of a run"):
        read_past_run(tmp_path / "nothing")


def test_figures_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    data = json.loads(to_json(full_result()))
    endpoint = data["scenarios"][0]["stages"][1]["endpoints"][0]
    endpoint["response_time_buckets"] = endpoint["response_time_buckets"].rpartition(" ")[0]
    with pytest.raises(PastRunError, match="contradicts itself"):
        read_past_run(broken(tmp_path, json.dumps(data).encode()))


@pytest.mark.parametrize("field", ["started_s", "duration_s"])
@pytest.mark.parametrize("seconds", ["Infinity", "NaN", "1e300", "-1e300"])
def test_a_stage_of_no_length_at_all_is_refused(tmp_path: Path, field: str, seconds: str) -> None:
    """Found by tests/web/runs/test_fuzzed_runs.py."""
    data = json.loads(to_json(full_result()))
    data["scenarios"][0]["stages"][1][field] = "here"
    text = json.dumps(data).replace('"here"', seconds)
    with pytest.raises(PastRunError):
        read_past_run(broken(tmp_path, text.encode()))


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "result.json").open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    with pytest.raises(PastRunError, match="larger than any result"):
        read_past_run(tmp_path)
