from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_check import check
from made_past import light_run
from made_result import result_of
from made_run import MadeRun, light, planned, spike

from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.lifecycle.leader.baseline import (
    load_baseline,
    missing_baseline,
    refuse_other_conditions,
)
from jobload.plan.problem import PlanError
from jobload.plan.scenario import Scenario
from jobload.report.files.write import to_json

RELATIVE = "metric: p95, max_increase: 10%, min_delta: 5ms"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a run of light that passed."""
    return saved(tmp_path)


def saved(folder: Path, scenario: Scenario | None = None, **changes: Any) -> Path:
    run = MadeRun()
    run.play(scenario or light(), planned())
    data = json.loads(to_json(result_of(run.end()))) | changes
    (folder / "result.json").write_text(json.dumps(data))
    return folder


def refusal(folder: Path, *scenarios: Scenario) -> str:
    with pytest.raises(PlanError) as raised:
        load_baseline(str(folder), scenarios)
    return str(raised.value)


def test_a_sound_run_of_the_same_scenario_is_taken(folder: Path) -> None:
    assert load_baseline(str(folder), [light()]).names == ["light"]
    assert load_baseline(str(folder / "result.json"), [light(), light()]).distrust is None


def test_another_scenario_is_refused(folder: Path) -> None:
    said = refusal(folder, light(), spike())
    assert said.startswith(f"--baseline {folder}: ")
    assert "has no scenario spike, only light" in said


def test_the_same_scenario_with_other_figures_is_refused(folder: Path) -> None:
    said = refusal(folder, light(users=20, rate=60.0))
    assert "users 10 and 20; rate 50.0 and 60.0" in said


def test_secret_headers_do_not_make_a_difference(tmp_path: Path) -> None:
    with_header = light(headers={"Authorization": "Bearer abc"})
    folder = saved(tmp_path, with_header)
    assert "abc" not in (folder / "result.json").read_text()
    assert load_baseline(str(folder), [with_header])


def test_a_run_that_was_not_valid_is_refused(tmp_path: Path) -> None:
    assert "is INVALID" in refusal(saved(tmp_path, status="INVALID"), light())


def test_a_run_that_ended_early_is_refused(tmp_path: Path) -> None:
    data = json.loads((saved(tmp_path) / "result.json").read_text())
    data["scenarios"][0]["ended_early"] = "error_rate 100 %"
    (tmp_path / "result.json").write_text(json.dumps(data))
    assert "ended early" in refusal(tmp_path, light())


def test_what_can_not_be_read_is_refused(tmp_path: Path) -> None:
    assert "can't be read" in refusal(tmp_path / "nothing", light())


def relative(line: str = RELATIVE) -> dict[str, tuple[CheckSpec, ...]]:
    return {"light": (check(light(), line),), "spike": (check(spike(), line),)}


def test_a_relative_check_without_a_baseline_is_said_before_any_load() -> None:
    (problem,) = missing_baseline([light(), light()], relative())
    assert "light/p95-change compares with an earlier run" in str(problem)
    assert "--profile-only" in str(problem)


@pytest.mark.parametrize(
    "checks",
    [
        relative('metric: p95, expect: "<= 1ms"'),
        relative(f"{RELATIVE}, level: warn"),
        {"spike": relative()["spike"]},
        {},
    ],
)
def test_only_checks_that_fail_and_scenarios_that_run_ask_for_a_baseline(
    checks: dict[str, tuple[CheckSpec, ...]],
) -> None:
    assert not missing_baseline([light()], checks)


@pytest.mark.parametrize(
    ("workers", "version", "says"),
    [
        (1, "1.4", None),
        (1, None, None),
        (2, "1.4", "had 1 worker, this one has 2"),
        (1, "1.5", "was of version 1.4 of the target, this is 1.5"),
    ],
)
def test_workers_and_version_are_looked_at_when_the_run_begins(
    workers: int, version: str | None, says: str | None
) -> None:
    past = light_run(20, target_version="1.4")
    if says is None:
        refuse_other_conditions(past, workers, version, across_versions=False)
        return
    with pytest.raises(PlanError) as raised:
        refuse_other_conditions(past, workers, version, across_versions=False)
    assert says in str(raised.value)


def test_another_version_is_taken_when_that_is_asked_for() -> None:
    past = light_run(20, target_version="1.4")
    refuse_other_conditions(past, 1, "1.5", across_versions=True)
