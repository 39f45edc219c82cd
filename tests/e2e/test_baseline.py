"""--baseline: checks that compare with an earlier run."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from e2e.load_test import run_locust
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background

SCENARIO = steady(4, None, 3, 1)
"""Without a rate, so that a busy machine can't make it late, which would be INVALID."""
CHECKS = [{"metric": "p50", "max_increase": "50%", "min_delta": "5ms"}]


def options(folder: Path) -> list[str]:
    return write_plan(folder, {"light": SCENARIO}, {"light": CHECKS})


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The run that the others are compared with; a profile, for there is none before it."""
    folder = tmp_path_factory.mktemp("first")
    with running_server("fixed", latency_ms=10) as server:
        return run_locust(folder, *options(folder), "--profile-only", host=server.url)


@pytest.fixture(scope="module")
def later(first: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("later")
    jobs = {
        "same": partial(_compared, folder / "same", first, 10),
        "slower": partial(_compared, folder / "slower", first, 40),
        "processes": partial(_compared, folder / "processes", first, 10, "processes"),
    }
    with Background(jobs) as background:
        yield background


def _compared(folder: Path, first: Outcome, latency_ms: float, mode: str = "local") -> Outcome:
    with running_server("fixed", latency_ms=latency_ms) as server:
        return run_locust(
            folder,
            *options(folder),
            "--baseline",
            str(first.folder / "latest"),
            host=server.url,
            mode=mode,
        )


def test_a_profile_makes_the_first_baseline(first: Outcome) -> None:
    assert (first.exit_code, first.status) == (0, "PROFILED")


def test_a_target_as_quick_as_before_passes(first: Outcome, later: Background) -> None:
    outcome = later["same"]
    assert (outcome.exit_code, outcome.status) == (0, "PASS"), outcome.console
    assert outcome.result["configuration"]["baseline"] == first.result["run_id"]


def test_a_target_that_got_slower_fails_and_both_figures_are_given(later: Background) -> None:
    outcome = later["slower"]
    assert (outcome.exit_code, outcome.status) == (1, "FAIL"), outcome.console
    (check,) = [c for c in outcome.scenario("light")["checks"] if c["metric"] == "p50"]
    assert check["status"] == "FAIL"
    assert check["value"] > 40
    assert ", was 1" in check["actual"]


def test_another_number_of_workers_is_refused_before_any_load(later: Background) -> None:
    outcome = later["processes"]
    assert outcome.exit_code == 2
    assert "had 1 worker, this one has 2" in outcome.console
    assert not outcome.results


def test_without_a_baseline_nothing_is_sent_and_the_first_run_is_explained(tmp_path: Path) -> None:
    with running_server("fixed") as server:
        outcome = run_locust(tmp_path, *options(tmp_path), host=server.url)
        assert server.facts()["requests"] == {}
    assert outcome.exit_code == 2
    assert "--profile-only" in outcome.console


def test_a_baseline_of_another_configuration_is_refused_before_any_load(
    first: Outcome, tmp_path: Path
) -> None:
    with running_server("fixed") as server:
        baseline = ("--baseline", str(first.folder / "latest/result.json"))
        more = ("--set", "payload_bytes=512")
        outcome = run_locust(tmp_path, *options(tmp_path), *baseline, *more, host=server.url)
        assert server.facts()["requests"] == {}
    assert outcome.exit_code == 2
    assert "payload_bytes 256 and 512" in outcome.console
