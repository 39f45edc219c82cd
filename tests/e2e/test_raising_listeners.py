"""A listener that raises is never a pass, in whichever process it does."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from e2e.load_test import LOCUSTFILES, Mode, run_locust
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, Job

CLOSED = steady(2, None, 2, 1)
CASES: dict[str, tuple[str, Mode]] = {
    "while workers load": ("request", "processes"),
    "after the verdict": ("test_stop", "local"),
    "at the very end": ("quitting", "local"),
    "when the exit code is settled": ("quit", "local"),
    "when that of a master is settled": ("quit", "processes"),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        name: partial(_with_raising, folder / name.replace(" ", "-"), *case)
        for name, case in CASES.items()
    }
    for name, event in (("exits", "request"), ("exits late", "quitting")):
        place = folder / name.replace(" ", "-")
        jobs[name] = partial(_with_raising, place, event, "local", E2E_EXIT="1")
    jobs["html"] = partial(_with_html, folder / "html")
    with Background(jobs) as background:
        yield background


def _with_raising(folder: Path, event: str, mode: Mode, **environ: str) -> Outcome:
    options = write_plan(folder, {"light": CLOSED})
    environ["E2E_EVENT"] = event
    raising = LOCUSTFILES / "raising.py"
    with running_server("fixed", latency_ms=50) as server:
        return run_locust(
            folder, *options, host=server.url, mode=mode, locustfile=raising, environ=environ
        )


def _with_html(folder: Path) -> Outcome:
    """Of Locust's own, where it can't be written."""
    options = write_plan(folder, {"light": CLOSED})
    with running_server("fixed", latency_ms=50) as server:
        return run_locust(folder, *options, "--html", f"{options[1]}/of.html", host=server.url)


def test_a_listener_that_raises_in_a_worker_makes_the_run_invalid(runs: Background) -> None:
    outcome = runs["while workers load"]
    outcome.assert_came_to(3, "INVALID")
    assert "a listener or greenlet of" in outcome.complaints["no-crash"]


@pytest.mark.parametrize("when", [*CASES][1:])
def test_a_listener_that_raises_after_the_verdict_leaves_no_pass(
    runs: Background, when: str
) -> None:
    outcome = runs[when]
    outcome.assert_came_to(3, "PASS")
    assert "raised after the verdict" in outcome.console


def test_a_process_that_is_ended_in_mid_run_is_no_pass(runs: Background) -> None:
    outcome = runs["exits"]
    assert outcome.exit_code == 3
    assert "ended the process in mid-run" in outcome.console


@pytest.mark.parametrize("how", ["exits late", "html"])
def test_nor_is_one_that_is_ended_after_the_verdict_before_it_had_said_all(
    runs: Background, how: str
) -> None:
    outcome = runs[how]
    outcome.assert_came_to(3, "PASS")
    assert "ended the process after the verdict" in outcome.console
