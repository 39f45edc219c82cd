"""The whole way in a real browser, from the start form to the comparison of two runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from e2e.load_test import Mode
from e2e.plan_files import write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, Job
from web_process import WebProcess, browse, needs_browser

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]

SPIKE = {
    "shape": "spike",
    "users": 6,
    "rate": 30,
    "ramp_up": "1s",
    "duration": "11s",
    "recovery": "2s",
    "baseline": {"users": 2, "rate": 10, "duration": "3s"},
    "retries": 0,
}
LIMITS = {"spike": [{"metric": "error_rate", "expect": "<= 5%", "stage": "spike"}]}
MODES: tuple[Mode, ...] = ("processes", "local")
BREAKS_AFTER_S = 6.5
"""In the midst of the stage spike."""


def luminance(colour: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", colour)[:3])


def _gone(folder: Path, mode: Mode) -> tuple[Any, list[dict[str, Any]]]:
    """What the browser saw, and the results."""
    plan = write_plan(folder / "plan", {"spike": SPIKE}, LIMITS)
    pictures = folder / "pictures"
    pictures.mkdir()
    with (
        running_server("breaks", after_s=BREAKS_AFTER_S) as server,
        WebProcess(folder, *plan, host=server.url, mode=mode) as test,
    ):
        return browse("whole_way.py", test.url, str(pictures)), test.written()


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("ways")
    jobs: dict[str, Job] = {mode: partial(_gone, folder / mode, mode) for mode in MODES}
    with Background(jobs) as background:
        yield background


@needs_browser
@pytest.mark.parametrize("mode", MODES)
def test_from_the_start_form_to_the_comparison_of_two_runs(ways: Background, mode: Mode) -> None:
    saw, (first, second) = ways[mode]
    assert saw["form"] == {
        "options": ["– none –", "spike", "adhoc"],
        "why": "spike has its own; only adhoc takes this.",
        "rate": True,
        "about_rate": "In place of that of spike.",
        "suite_disabled": True,
        "adhoc_why": 0,
    }
    assert "192.0.2.1 is not an allowed target" in saw["refused"]
    assert "done" in saw["states"]
    assert any(state.startswith("running, ") for state in saw["states"])
    assert "to come" in saw["states"]
    red, green, _ = luminance(saw["colours"]["FAIL"])
    assert red > 2 * green
    red, green, _ = luminance(saw["colours"]["PASS"])
    assert green > 2 * red
    # A machine that is busy with the browser may start an arrival late, which makes it INVALID.
    assert saw["verdict"] == first["status"]
    assert first["status"] in ("FAIL", "INVALID")
    assert re.search(r"spike: error_rate \(spike\) \S+ %, expected <= 5%", saw["reasons"])
    assert saw["without_reload"]
    assert saw["page"]["heading"].startswith(first["status"])
    assert saw["page"]["charts"] >= 4
    names = {"result.json", "junit.xml", "summary.md", "report.html", "histogram.hgrm"}
    assert {f"{saw['runs'][0]}-{name}" for name in names} <= set(saw["downloads"])
    assert saw["after_reload"] == ["done"] * 4
    assert saw["second"].startswith("INVALID")
    assert saw["compared"]["listed"] == ["INVALID", first["status"]]
    assert saw["compared"]["sections"][1].startswith("spike")
    assert saw["console"] == []
    assert saw["elsewhere"] == []
    assert [first["run_id"], second["run_id"]] == saw["runs"]
    assert second["end"]["reason"] == "stopped"
    assert len(first["topology"]["workers"]) == (1 if mode == "local" else 2)
