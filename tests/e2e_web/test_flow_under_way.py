"""The example's flow, started in a real browser: its steps live and on the page of the run."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e.accounts import differences
from e2e.outcome import Outcome
from e2e.test_flows import EXAMPLE, SHORT, STEPS, steps_of
from e2e.truth_server import running_server
from web_process import WebProcess, browse, needs_browser

from jobload.cli import main

pytestmark = pytest.mark.e2e


@needs_browser
def test_the_steps_of_a_flow_are_seen_and_each_count_is_the_servers(tmp_path: Path) -> None:
    files = ["--scenarios", str(EXAMPLE / "scenarios.yaml"), *SHORT]
    files += ["--thresholds", str(EXAMPLE / "thresholds.yaml")]
    har = tmp_path / "web-ui.har"
    secret = {"SHOP_PASSWORD": "s3cret-word"}
    with (
        running_server("own-way") as server,
        WebProcess(tmp_path, *files, host=server.url, environ=secret) as test,
    ):
        saw, facts = browse("flow_under_way.py", test.url, str(har)), server.facts()
        outcome = Outcome(0, 0.0, test.console, tmp_path, test.written())
    outcome.assert_passed_or_late()
    assert saw["heading"].startswith(outcome.status)
    assert (saw["console"], saw["elsewhere"]) == ([], [])
    for step in STEPS:
        assert any(step in name for name in saw["live"]), saw["live"]
        assert step in saw["page"]
    assert facts["wrong"] == {}
    assert differences(outcome.result) == []
    assert steps_of(outcome, "attempts") == {step: facts["steps"][step] for step in STEPS}
    # What the web UI itself has sent makes a plan, too.
    made = tmp_path / "made"
    assert main(["init", "--har", str(har), "--into", str(made)]) == 0
    assert main(["validate", "--scenarios", str(made / "scenarios.yaml")]) == 0
    assert "/swarm" in (made / "scenarios.yaml").read_text()
