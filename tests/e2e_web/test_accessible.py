"""Every page for those who can't see well, use the keyboard, or have no more than a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from made_history import lines_of_p99, noisy, run_id, step, write_history
from web_process import WebProcess, browse, needs_browser

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]

PLAN = {"short": steady(2, 10, 2, 1), "long": steady(2, 10, 100, 1)}
CHECKS = [
    {"metric": "throughput", "expect": ">= 1000/s"},
    {"metric": "error_rate", "expect": "<= 1%"},
]
OF_A_RUN = ["form", "stages", "checks", "live", "run", "run in the other colours"]
HEARD = r"[\d.]+ s: (?=.*\bcompleted )(?=.*\boffered ).*"
PAGES = ["login", *OF_A_RUN, "runs", "comparison"]


@needs_browser
def test_axe_core_finds_nothing_serious_and_nothing_is_wider_than_a_phone(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan", PLAN, dict.fromkeys(PLAN, CHECKS))
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    results = tmp_path / "results"
    results.mkdir()
    write_history(results, lines_of_p99(noisy(step(25))))
    with (
        running_server("fixed") as server,
        WebProcess(tmp_path, *plan, "--web-login", host=server.url) as test,
    ):
        link = re.search(r"http://\S+/jobload/login\?token=\S+", test.console)
        assert link
        saw = browse("accessible.py", test.url, link[0], str(pictures), within_s=140.0)
    desk, phone = saw["looks"]
    assert desk["pages"] == phone["pages"] == PAGES
    assert desk["violations"] + phone["violations"] == []
    assert desk["too_wide"] + phone["too_wide"] == []
    assert desk["cut_stages_px"] == 0
    for look in (desk, phone):
        assert min(look["sentences_px"]) > 200
        for page in ("live", "run"):
            assert re.fullmatch(HEARD, look["heard"][page]), look["heard"]
        assert re.fullmatch(r"[\d.]+ s: before .+, after .+", look["heard"]["comparison"])
    assert desk["since"] == phone["since"] == [run_id(25)]
    assert saw["cookies"] == ""
    assert saw["console"] == []
    assert saw["elsewhere"] == []
