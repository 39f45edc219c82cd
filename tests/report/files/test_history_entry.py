"""What a run leaves in the history."""

from __future__ import annotations

from typing import Any

import pytest
from made_result import full_result, result_of
from made_run import Beat, MadeRun, light, planned, spike

from jobload.report.files.history_entry import history_entry
from jobload.report.result.model import Result


def made(**fields: Any) -> Result:
    run = MadeRun()
    run.play(light(**fields), planned())
    return result_of(run.end())


def only(result: Result) -> dict[str, Any]:
    entry: Any = history_entry(result)
    (series,) = entry["series"]
    return dict(series)


def test_a_scenario_of_one_judged_stage_has_its_figures() -> None:
    run = MadeRun()
    beat = Beat(ms=[10.0] * 48 + [500.0], failed=1)
    run.play(light(), {"ramp-up": planned(), "hold": lambda *_: beat})
    result = result_of(run.end())
    (judged,) = [stage for stage in result.scenarios[0].stages if stage.judged]
    told = only(result)
    assert told["throughput_rps"] == judged.throughput_rps
    assert told["error_rate_percent"] == judged.error_rate_percent
    assert told["p50_ms"] == judged.response_time_ms.p50
    assert told["p99_ms"] == judged.response_time_ms.p99
    assert (told["scenario"], told["left_out"]) == ("light", None)


def test_several_judged_stages_and_repetitions_are_one() -> None:
    run = MadeRun()
    for ms in (10.0, 30.0):
        run.play(light(), lambda *_, ms=ms: Beat(ms=[ms] * 50))
    result = result_of(run.end())
    again = result.scenarios[1].model_copy(update={"repetition": 2})
    told = only(result.model_copy(update={"scenarios": [result.scenarios[0], again]}))
    assert told["throughput_rps"] == pytest.approx(50)
    assert told["p50_ms"] == pytest.approx(10, rel=0.01)
    assert told["p99_ms"] == pytest.approx(30, rel=0.01)


def test_each_scenario_of_a_suite_is_told() -> None:
    run = MadeRun()
    run.play(light(), planned())
    run.play(spike(), planned())
    entry: Any = history_entry(result_of(run.end()))
    assert [series["scenario"] for series in entry["series"]] == ["light", "spike"]


def test_the_same_plan_has_the_same_hash_and_another_one_another() -> None:
    assert only(made())["plan"] == only(made())["plan"]
    assert only(made())["plan"] != only(made(rate=60.0))["plan"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": "INVALID"}, "INVALID"),
        ({"ended_early": "a check was breached"}, "ended early"),
        ({"stages": []}, "no judged stage"),
    ],
)
def test_what_can_not_be_trusted_says_why_it_is_left_out(
    changes: dict[str, object], why: str
) -> None:
    result = made()
    if "status" in changes:
        result = result.model_copy(update=changes)
    else:
        scenario = result.scenarios[0].model_copy(update=changes)
        result = result.model_copy(update={"scenarios": [scenario]})
    assert only(result)["left_out"] == why


def test_a_search_for_the_breaking_point_ends_early_as_it_should() -> None:
    entry: Any = history_entry(full_result())
    told = {each["scenario"]: each for each in entry["series"]}
    assert full_result().status == "FAIL"
    assert told["stress"]["left_out"] is None


def test_the_embedded_target_is_one_whatever_its_port() -> None:
    result = made()
    embedded = {"target_version": "embedded, of jobload 0.2.0", "cpu_count": 2}
    entry = history_entry(result.model_copy(update={"environment": embedded}))
    assert entry["target"] == "embedded"
    assert history_entry(result)["target"] == result.host


def test_how_it_was_made_is_told() -> None:
    environment = {"processor": "Fast CPU", "cpu_count": 8, "git_revision": "abc"}
    entry = history_entry(made().model_copy(update={"environment": environment}))
    assert entry["machine"] == "Fast CPU, 8 CPUs"
    assert entry["topology"] == "local, 1 process"
    assert entry["revision"] == "abc"
