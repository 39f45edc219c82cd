"""Another API's payloads, from a file, without a line of Python."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from e2e.accounts import assert_accounts
from e2e.load_test import Mode, run_locust
from e2e.outcome import Outcome
from e2e.plan_files import Fields, steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, Job

ROWS = 500
"""15 users at 50 ms each send 1,500 in 5 s."""


def _completions(folder: Path, mode: Mode, **fields: Any) -> tuple[Outcome, dict[str, Any]]:
    scenario: Fields = steady(15, None, 4, 1, endpoint="/v2/completions", **fields)
    if "payload" in fields:
        del scenario["payload_bytes"]
    options = write_plan(folder, {"light": scenario})
    with running_server("strict-prompts", latency_ms=50) as server:
        return run_locust(folder, *options, host=server.url, mode=mode), server.facts()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    prompts = [{"prompt": f"say {n} {'ü' * (n % 9)}", "max_tokens": n} for n in range(ROWS)]
    rows = folder / "prompts.jsonl"
    rows.write_text("".join(json.dumps(prompt, ensure_ascii=False) + "\n" for prompt in prompts))
    told = {
        "payload": {"file": str(rows)},
        "expect": {"status": [202], "json": ["completion"]},
    }
    jobs: dict[str, Job] = {
        "processes": partial(_completions, folder / "processes", "processes", **told),
        "local": partial(_completions, folder / "local", "local", **told),
        "jobs instead": partial(_completions, folder / "instead", "local"),
    }
    with Background(jobs) as background:
        yield background


@pytest.mark.parametrize(("mode", "processes"), [("local", 1), ("processes", 2)])
def test_five_hundred_rows_of_another_apis_payload_are_all_accepted(
    runs: Background, mode: Mode, processes: int
) -> None:
    """Each process sends the rows in turn."""
    outcome, facts = runs[mode]
    outcome.assert_came_to(0, "PASS")
    assert_accounts(outcome, facts)
    assert facts["refused"] == outcome.sum("failed") == 0
    assert len(facts["prompts"]) == ROWS
    assert max(facts["prompts"].values()) - min(facts["prompts"].values()) <= processes


def test_what_the_other_api_refuses_fails(runs: Background) -> None:
    """The job payload is nothing to it."""
    outcome, facts = runs["jobs instead"]
    outcome.assert_came_to(1, "FAIL")
    assert facts["refused"] == outcome.sum("failed") == outcome.sum("started")
    assert [error["kind"] for error in outcome.stage()["errors"]] == ["http-422"]
