"""The example's flow, by real processes, against an API that answers in its own way."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from e2e.accounts import differences
from e2e.load_test import MODES, ROOT, Mode, run_locust
from e2e.outcome import Outcome
from e2e.truth_server import running_server
from e2e.waiting import Background, Job

pytestmark = pytest.mark.timed

EXAMPLE = ROOT / "examples/flow"
SHORT = ("--set", "duration=8s", "--set", "users=20")
STEPS = ["login", "order", "wait", "receipt"]


WITH_EXPIRING_TOKENS = """\
scenarios:
  orders:
    - {metric: error_rate, expect: "<= 0%"}
    - {metric: request_error_rate, expect: "> 1%"}
"""
"""Each 401 is a request that failed, though its operation does not."""


def _run(folder: Path, mode: Mode, **settings: Any) -> tuple[Outcome, dict[str, Any]]:
    thresholds = EXAMPLE / "thresholds.yaml"
    if settings:
        folder.mkdir(parents=True)
        thresholds = folder / "thresholds.yaml"
        thresholds.write_text(WITH_EXPIRING_TOKENS)
    files: tuple[str, ...] = ("--scenarios", str(EXAMPLE / "scenarios.yaml"))
    files += ("--thresholds", str(thresholds), "--scenario", "orders")
    environ = {"SHOP_PASSWORD": "s3cret-word"}
    if mode == "workers":  # who else would be given the secret?
        environ["JOBLOAD_TOKEN"] = token_hex(16)
    with running_server("own-way", **settings) as server:
        outcome = run_locust(folder, *files, *SHORT, host=server.url, mode=mode, environ=environ)
        return outcome, server.facts()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("flows")
    jobs: dict[str, Job] = {
        "local": partial(_run, folder / "local", "local"),
        "processes": partial(_run, folder / "processes", "processes", token_uses=9),
        "workers": partial(_run, folder / "workers", "workers"),
    }
    jobs["python users"] = partial(_run_python_users, folder / "users")
    with Background(jobs) as background:
        yield background


def _run_python_users(folder: Path) -> Outcome:
    """Against the stand-in target."""
    example = ROOT / "examples/python-users"
    files = ["--scenarios", str(example / "scenarios.yaml"), "--scenario", "readers"]
    files += ["--thresholds", str(example / "thresholds.yaml")]
    return run_locust(folder, *files, locustfile=example / "locustfile.py")


def steps_of(outcome: Outcome, count: str) -> dict[str, int]:
    found = dict.fromkeys(STEPS, 0)
    for stage in outcome.stages:
        for endpoint in stage["endpoints"]:
            found[endpoint["name"]] += endpoint[count]
    return found


@pytest.mark.parametrize("mode", MODES)
def test_a_flow_passes_and_each_count_is_the_servers_step_by_step(
    runs: Background, mode: Mode
) -> None:
    outcome, facts = runs[mode]
    outcome.assert_passed_or_late()
    assert facts["wrong"] == {}
    assert differences(outcome.result) == []
    attempts = steps_of(outcome, "attempts")
    assert attempts == {step: facts["steps"][step] for step in STEPS}
    assert steps_of(outcome, "failed") == dict.fromkeys(STEPS, 0)
    assert attempts["order"] >= outcome.sum("started") > 100


def test_tokens_that_expire_are_renewed_and_no_operation_fails(runs: Background) -> None:
    outcome, facts = runs["processes"]
    assert outcome.sum("failed") == 0
    retries = sum(steps_of(outcome, "retries").values())
    assert retries > 5
    assert facts["steps"]["login"] == steps_of(outcome, "started")["login"] >= 20 + retries


def test_rows_go_round_and_each_user_logs_in_once(runs: Background) -> None:
    """Row after row, and which of them is the first of a user is a matter of moments."""
    outcome, facts = runs["local"]
    assert steps_of(outcome, "attempts")["login"] == sum(facts["names"].values()) == 20
    rows = (EXAMPLE / "people.csv").read_text().splitlines()[1:]
    tables = cycle(row.partition(",")[2] for row in rows)
    assert facts["tables"] == Counter(islice(tables, facts["steps"]["order"]))


def test_the_job_is_followed_and_the_pauses_are_told_apart(runs: Background) -> None:
    outcome, _ = runs["local"]
    stage = outcome.stage("hold")
    assert stage["completion"]["succeeded"] == stage["succeeded"]
    assert 100 < stage["completion"]["time_ms"]["p50"] < 400
    mean_pause_s = stage["paused_s"] / stage["started"]
    assert 0.025 < mean_pause_s < 0.035


def test_no_file_of_the_run_holds_the_secret(runs: Background) -> None:
    for name in MODES:
        outcome, _ = runs[name]
        written = [path for path in outcome.folder.rglob("*") if path.is_file()]
        assert written
        assert not [p for p in written if "s3cret-word" in p.read_text(errors="replace")]
        assert "s3cret-word" not in outcome.console


def test_the_steps_are_told_on_the_console_and_in_the_reports(runs: Background) -> None:
    outcome, _ = runs["local"]
    (run,) = [path for path in outcome.folder.iterdir() if path.name[0].isdigit()]
    texts = [outcome.console, (run / "summary.md").read_text(), (run / "report.html").read_text()]
    for step in STEPS:
        assert all(step in text for text in texts)


def test_the_users_of_the_python_example_run_against_the_stand_in_target(runs: Background) -> None:
    outcome = runs["python users"]
    outcome.assert_passed_or_late()
    assert differences(outcome.result) == []
    stage = outcome.stage("hold")
    submit, read = stage["endpoints"]
    assert (submit["name"], read["name"]) == ("submit", "read")
    assert submit["attempts"] == read["attempts"] == stage["started"] > 80
    assert stage["paused_s"] > 0
