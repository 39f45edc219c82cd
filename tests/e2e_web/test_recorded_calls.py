"""What a browser has sent, recorded by itself, becomes a load that sends it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e.jobs_target import jobs_target
from e2e.test_init import run_of, steps_of
from web_process import browse, needs_browser

pytestmark = pytest.mark.e2e


@needs_browser
def test_a_browsers_own_recording_is_sent_again(tmp_path: Path) -> None:
    with jobs_target() as target:
        har = tmp_path / "recorded.har"
        seen = browse("recorded_calls.py", target.url, str(har))
        assert seen["job"] in har.read_text()
        outcome = run_of(tmp_path, "recorded", ["--har", str(har)], target.url)
    outcome.assert_passed_or_late()
    assert seen["job"] not in (tmp_path / "made/scenarios.yaml").read_text()
    one = "/api/v1/jobs/{job_id}"
    assert set(steps_of(outcome)) == {
        *("GET /api/v1/jobs", "POST /api/v1/jobs", f"GET {one}", f"DELETE {one}"),
    }
    assert len(set(steps_of(outcome).values())) == 1
