"""Names of others, however long, leave the figures beside them to be seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_result import THRESHOLDS, full_run, result_of
from web_process import browse, needs_browser

from jobload.report.files.html_page import report_html
from jobload.report.result.model import Result

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

STEP = "GET /api/v1/customers/{{ customer }}/orders/{{ order }}/items?page={{ page }}"
KIND = f"{'X' * 120}: http-500"
STAGE = "the-hour-in-which-everybody-comes-back-from-lunch"


def long_names() -> Result:
    told: Any = result_of(full_run(), THRESHOLDS).model_dump(mode="json", by_alias=True)
    for scenario in told["scenarios"]:
        for stage in scenario["stages"]:
            stage["name"] = f"{stage['name']}-{STAGE}"
            stage["endpoints"] = [{**e, "name": STEP, "is_step": True} for e in stage["endpoints"]]
            stage["diagnosis"]["sentence"] = f"target refuses: most of them with {KIND}"
            stage["flows"] = [{**stage["endpoints"][0], "is_step": False}]
        for check in scenario["checks"]:
            check["stage"], check["endpoint"] = STAGE, STEP
    return Result.model_validate(told)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("report")
    (folder / "report.html").write_text(report_html(long_names()))
    return browse("long_names.py", f"file://{folder / 'report.html'}", str(folder))


@needs_browser
@pytest.mark.parametrize("look", range(3), ids=["320", "360", "1280"])
def test_the_page_is_as_wide_as_its_window(seen: Any, look: int) -> None:
    assert seen["looks"][look]["too_wide"] is False


@needs_browser
@pytest.mark.parametrize("look", range(3), ids=["320", "360", "1280"])
def test_the_column_that_stays_leaves_room_for_the_figures(seen: Any, look: int) -> None:
    assert seen["looks"][look]["covered"] < 0.6


@needs_browser
@pytest.mark.parametrize("look", range(3), ids=["320", "360", "1280"])
def test_an_upright_name_ends_above_the_time_axis(seen: Any, look: int) -> None:
    assert seen["looks"][look]["over_the_axis"] == 0


@needs_browser
def test_nothing_is_cut_when_it_is_printed(seen: Any) -> None:
    assert seen["cut_in_print"] == 0
