"""The charts of a report are read exactly: by pointer, by keyboard, as tables, stage by stage."""

from __future__ import annotations

import json
from typing import Any

import pytest
from made_result import result_of
from made_run import Beat, MadeRun, light
from web_process import browse, needs_browser

from jobload.measure.observed_series import ObservedSeries
from jobload.plan.stage import Stage
from jobload.report.files.html_page import report_html

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def observed() -> dict[str, ObservedSeries]:
    """The CPU rises with each second, and from 20 s on there is nothing of it for a while."""
    cpu = ObservedSeries("cpu", "up", "%", 2.0)
    memory = ObservedSeries("memory", "up", "bytes", 2.0)
    for number in range(16):
        at_s = 0.2 + 2 * number
        if at_s < 20 or at_s > 25:
            cpu.add(at_s, float(2 * number))
        else:
            cpu.lack(at_s, "unreachable", "connect-refused")
        memory.add(at_s, 300e6 + 10e6 * number)
    return {"cpu": cpu, "memory": memory}


def beats(stage: Stage, second: int) -> Beat:
    """So many in each second of the hold as it is old, each slower than the one before."""
    if stage.name == "ramp-up":
        return Beat(ms=[10.0] * (10 * (second + 1)))
    return Beat(ms=[10.0 + second] * (second + 1), failed=1)


@pytest.fixture(scope="module")
def saw(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("report")
    made = MadeRun()
    made.play(light(), beats)
    run = made.end()
    run.observed = observed()
    (folder / "report.html").write_text(report_html(result_of(run)))
    facts = browse("reading_charts.py", f"file://{folder / 'report.html'}", str(folder))
    (folder / "facts.json").write_text(json.dumps(facts))
    return facts


@needs_browser
@pytest.mark.parametrize("look", range(4), ids=["light", "dark", "phone", "phone, dark"])
def test_figures_are_read_by_pointer_and_by_keyboard(saw: Any, look: int) -> None:
    facts = saw["looks"][look]
    assert facts["marks"] == 1
    at, _, rest = facts["middle"].partition(" s: ")
    second = int(float(at)) - 5
    assert 9 <= second <= 10
    assert rest == f"completed {second + 2}, started {second + 2}, offered {second + 2}, failed 1"
    assert facts["start"].startswith("0.5 s: completed 10,")
    assert [text.partition(":")[0] for text in facts["heard"]] == ["0.5 s", "2.5 s"]
    assert facts["cpu"] in ("14 s: cpu 14 %", "16 s: cpu 16 %")
    assert facts["spectrum"].endswith("response time 34, service time 17")


@needs_browser
@pytest.mark.parametrize("look", range(4))
def test_a_stage_is_shown_by_itself(saw: Any, look: int) -> None:
    facts = saw["looks"][look]
    stage = facts["stage"]
    assert (facts["rows"], stage["rows"]) == (30, 25)
    assert stage["start"].startswith("5.5 s: completed 2,")
    assert stage["end"].startswith("29.5 s: completed 26,")
    assert stage["cpu"] == "28 s: cpu 28 %"
    assert stage["ticks"] == ["5s", "10s", "15s", "20s", "25s", "30s"]
    assert stage["rows"] == 25
    assert facts["table"] == ["5.5 s", "2", "2", "2", "1"]
    assert facts["again"] == [30, "0s"]


@needs_browser
def test_everybody_can_and_nothing_else_runs(saw: Any) -> None:
    assert [look["violations"] for look in saw["looks"]] == [[]] * 4
    assert [look["too_wide"] for look in saw["looks"]] == [False] * 4
    assert saw["console"] == []


@needs_browser
def test_without_its_script_the_tables_are_there(saw: Any) -> None:
    assert saw["without_script"] == ["0.5 s", "10", "10", "10", "0"]
