"""The main job, from the wheel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from wheel_environment import PURELIB, environment_of, run, wheel_in

pytestmark = [pytest.mark.processes, pytest.mark.timed]


def test_it_runs_from_an_unrelated_empty_folder(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    installed = environment_of(
        tmp_path_factory.mktemp("installed"), wheel_in(tmp_path_factory.mktemp("wheel")), PURELIB
    )
    where = run(
        [installed / "python", "-c", "import jobload; print(jobload.__path__[0])"], tmp_path
    )
    assert Path(where.strip()).is_relative_to(installed.parent)

    fast = ["--set", "duration=4s", "--set", "ramp_up=1s", "--set", "rate=150"]
    said = run([installed / "jobload", "run", "--scenario", "light", *fast], tmp_path, codes=(0, 3))
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    result = json.loads((tmp_path / "results/latest/result.json").read_text())
    # A busy machine may make arrivals late.
    complaints = {check["id"] for check in result["validity"] if check["status"] == "FAIL"}
    assert complaints <= {"schedule-kept"}, said
    assert [check["status"] for check in result["scenarios"][0]["checks"]] == ["PASS"] * 4
    assert result["total"]["failed_requests"] == 0
    assert result["total"]["successful_requests"] > 100
