"""A run folder from elsewhere, opened in a real browser: nothing of it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from e2e.load_test import run_locust
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from web_process import WebProcess, browse, needs_browser

pytestmark = pytest.mark.e2e
DEEDS = "window.ranScript && ranScript('it ran'); fetch('/stop', {method: 'POST'}); alert(1)"
HOSTILE = (
    f'<script>{DEEDS}</script><img src=x onerror="{DEEDS}"><svg onload="{DEEDS}"></svg>'
    "<script src='evil.js'></script><iframe srcdoc='<script>alert(1)</script>'></iframe>"
    "<form action=/stop method=post><button autofocus>x</button></form>"
)
RUN, OTHER = "20261122-110500-ab12cd", "20261123-110500-ab12cd"


def poison(results: Path) -> list[str]:
    """Two copies of the run of the folder, one of them changed for the worse. Its files."""
    [made] = results.glob("2*-*-*")
    text = (made / "result.json").read_text().replace(made.name, OTHER)
    made.rename(results / OTHER)
    (results / OTHER / "result.json").write_text(text)
    folder = results / RUN
    (folder / "histograms").mkdir(parents=True)
    result = json.loads(text) | {"run_id": RUN, "host": HOSTILE}
    for scenario in result["scenarios"]:
        scenario |= {"name": HOSTILE, "ended_early": HOSTILE, "recovery": HOSTILE}
        for stage in scenario["stages"]:
            stage |= {
                "name": HOSTILE,
                "errors": [{"kind": HOSTILE, "count": 1, "example": HOSTILE}],
            }
    (folder / "result.json").write_text(json.dumps(result))
    names = ["report.html", "junit.xml", "summary.md", "benchmark.json", "histogram.hgrm"]
    names += ["evil.js", "evil.html", "evil.svg", "histograms/x.hgrm", "histograms/x.html"]
    for name in names:
        (folder / name).write_text(f"<html><body>{HOSTILE}</body></html>")
    (folder / "evil.js").write_text(DEEDS)
    return ["result.json", *names]


@needs_browser
def test_no_script_of_a_run_from_elsewhere_runs_in_any_of_its_files(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan", {"short": steady(2, 10, 2, 1)})
    with running_server("fixed") as server:
        folder = tmp_path / "made"
        assert run_locust(folder, *plan, "--scenario", "short", host=server.url).status == "PASS"
        names = poison(folder / "results")
        with WebProcess(folder, *plan, host=server.url) as test:
            files = [f"runs/{RUN}/files/{name}" for name in names]
            seen = browse("poisoned_run.py", test.url, RUN, OTHER, *files)
            assert "POST '/stop'" not in test.console
    assert seen["ran"] == []
    assert seen["scripts"] == 1  # ours, whose hash alone may run
    assert seen["elsewhere"] == []
    assert seen["forms"] == ["/jobload/compare"]
    own = [name for name in names if "evil" not in name and name != "histograms/x.html"]
    assert seen["downloads"] == [f"{RUN}-{name.replace('/', '-')}" for name in own]
