"""What jobload init writes runs green where the server is at hand."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from e2e.jobs_target import jobs_target
from e2e.load_test import run_locust
from e2e.outcome import Outcome
from e2e.waiting import Background, Job
from jobload.cli import main

SHORT = ["--set", "duration=10s", "--set", "ramp_up=2s"]


def run_of(folder: Path, scenario: str, init: Sequence[str], host: str | None = None) -> Outcome:
    """Without a host it is the embedded target that is loaded."""
    folder.mkdir(exist_ok=True)
    assert main(["init", *init, "--into", str(folder / "made")]) == 0
    file = str(folder / "made/scenarios.yaml")
    assert main(["validate", "--scenarios", file]) == 0
    return run_locust(folder, "--scenarios", file, "--scenario", scenario, *SHORT, host=host)


def steps_of(outcome: Outcome) -> dict[str, int]:
    """How many requests of each step succeeded, in all judged stages."""
    return {each["name"]: each["succeeded"] for each in outcome.stage("hold")["endpoints"]}


def _of_the_targets_document(folder: Path) -> tuple[Outcome, Any]:
    with jobs_target() as target:
        folder.mkdir()
        (folder / "openapi.json").write_text(json.dumps(target.ask("/openapi.json")))
        made_from = ["--openapi", str(folder / "openapi.json")]
        outcome = run_of(folder, "jobs-api-stand-in", made_from, target.url)
        return outcome, target.ask("/-/stats")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "starter": partial(run_of, folder / "starter", "first", []),
        "document": partial(_of_the_targets_document, folder / "document"),
    }
    with Background(jobs) as background:
        yield background


def test_the_starter_passes_as_it_is(runs: Background) -> None:
    outcome: Outcome = runs["starter"]
    outcome.assert_passed_or_late()
    steps = steps_of(outcome)
    assert steps["submit"] == steps["look"] >= 150


def test_the_stand_in_targets_own_document_becomes_a_load_of_it(runs: Background) -> None:
    outcome, stored = runs["document"]
    outcome.assert_passed_or_late()
    assert set(steps_of(outcome)) == {
        *("GET /api/v1/jobs", "submit_job", "GET /api/v1/jobs/{job_id}", "GET /metrics"),
        *("GET /healthz", "GET /readyz", "GET /-/stats"),
    }
    assert all(count >= 10 for count in steps_of(outcome).values())
    assert stored
