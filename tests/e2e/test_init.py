"""What jobload init writes runs green where the server is at hand."""

import json
from collections.abc import Sequence
from pathlib import Path

from e2e.jobs_target import jobs_target
from e2e.load_test import run_locust
from e2e.outcome import Outcome
from jobload.cli import main

SHORT = ["--set", "duration=10s", "--set", "ramp_up=2s"]


def run_of(folder: Path, scenario: str, init: Sequence[str], host: str | None = None) -> Outcome:
    """Without a host it is the embedded target that is loaded."""
    assert main(["init", *init, "--into", str(folder / "made")]) == 0
    file = str(folder / "made/scenarios.yaml")
    assert main(["validate", "--scenarios", file]) == 0
    return run_locust(folder, "--scenarios", file, "--scenario", scenario, *SHORT, host=host)


def steps_of(outcome: Outcome) -> dict[str, int]:
    """How many requests of each step succeeded, in all judged stages."""
    return {each["name"]: each["succeeded"] for each in outcome.stage("hold")["endpoints"]}


def test_the_starter_passes_as_it_is(tmp_path: Path) -> None:
    outcome = run_of(tmp_path, "first", [])
    outcome.assert_passed_or_late()
    steps = steps_of(outcome)
    assert steps["submit"] == steps["look"] >= 150


def test_the_stand_in_targets_own_document_becomes_a_load_of_it(tmp_path: Path) -> None:
    with jobs_target() as target:
        document = target.ask("/openapi.json")
        (tmp_path / "openapi.json").write_text(json.dumps(document))
        made_from = ["--openapi", str(tmp_path / "openapi.json")]
        outcome = run_of(tmp_path, "jobs-api-stand-in", made_from, target.url)
        stored = target.ask("/-/stats")
    outcome.assert_passed_or_late()
    assert set(steps_of(outcome)) == {
        *("GET /api/v1/jobs", "submit_job", "GET /api/v1/jobs/{job_id}", "GET /metrics"),
        *("GET /healthz", "GET /readyz", "GET /-/stats"),
    }
    assert all(count >= 10 for count in steps_of(outcome).values())
    assert stored
