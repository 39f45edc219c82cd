"""The figures over the runs on the page of runs: charts, changes, and nothing that gets in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_history import line, lines_of_p99, noisy, run_id, step, write_history
from made_live_run import MadeLiveRun, MadePlan
from made_run import MadeRun
from made_ui import MadeUi, made_ui

from jobload.cli import main
from jobload.web.runs.series_charts import WIDE

PLANTED = 25


@pytest.fixture
def ui(tmp_path: Path) -> Iterator[MadeUi]:
    write_history(tmp_path, lines_of_p99(noisy(step(PLANTED))))
    with made_ui(tmp_path) as made:
        yield made


def page_of(ui: MadeUi) -> str:
    with ui.client().get("/jobload/runs") as answer:
        assert answer.status_code == 200
        return str(answer.get_data(as_text=True))


def test_a_step_of_five_percent_is_told_and_drawn_at_its_run(ui: MadeUi) -> None:
    page = page_of(ui)
    assert page.count("<svg") == 8
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", page, re.DOTALL)
    assert len(rows) == 1
    assert run_id(PLANTED) in rows[0]
    assert "worse" in rows[0]
    labels = re.findall(r'aria-label="(p99: .*?|p50: .*?)"', page)
    assert labels[0] == "p50: no change found"
    assert f"with run {PLANTED + 1}" in labels[-1]


def test_terminal_programs_and_page_tell_of_the_same_run(
    ui: MadeUi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the same history, in which it is the run that was planted."""

    def said(*options: str) -> str:
        assert main(["history", "--results", str(tmp_path), *options]) == 0
        return capsys.readouterr().out

    (p99_change,) = json.loads(said("--json"))["series"][0]["metrics"]["p99"]["changes"]
    (told,) = re.findall(r"▲ (\w+) .* since (\S+)\n +.*run (\d+) of 40", said("--changes"))
    assert (p99_change["run_id"], p99_change["index"]) == (run_id(PLANTED), PLANTED)
    assert told == ("p99", run_id(PLANTED), str(PLANTED + 1))
    assert said().endswith(said("--changes"))
    page = page_of(ui)
    (row,) = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", page, re.DOTALL)
    assert run_id(PLANTED) in row
    drawn = re.findall(r'aria-label="(\w+): .*?with run (\d+)', page)
    assert {*drawn} == {("p99", str(PLANTED + 1))}


def test_the_levels_are_drawn_up_to_the_change_and_from_it_on(ui: MadeUi) -> None:
    p99 = page_of(ui).split("<figcaption>p99")[1].split("</svg>")[0]
    before, after = re.findall(r'class="line-level"><polyline points="(.*?)"', p99)
    (from_x, low), (to_x, _) = (point.split(",") for point in before.split())
    (change_x, high), (end_x, _) = (point.split(",") for point in after.split())
    assert float(from_x) < float(to_x) < float(change_x) < float(end_x)
    width = (float(end_x) - float(from_x)) / 39
    assert float(change_x) - float(from_x) == pytest.approx(PLANTED * width, abs=1.5 * width)
    assert float(low) > float(high)
    (runs,) = re.findall(r'line-runs"><polyline points="(.*?)"', p99)
    assert len(runs.split()) == 40


def test_quiet_runs_have_charts_and_no_change(tmp_path: Path) -> None:
    write_history(tmp_path, lines_of_p99(noisy([20.0] * 40)))
    with made_ui(tmp_path) as ui:
        page = page_of(ui)
    assert "No change found." in page
    assert page.count("<svg") == 8


def test_noise_of_a_percent_is_drawn_as_little(tmp_path: Path) -> None:
    write_history(tmp_path, lines_of_p99([20.0, 20.2] * 20))
    with made_ui(tmp_path) as ui:
        p99 = page_of(ui).split("<figcaption>p99")[1].split("</svg>")[0]
    (runs,) = re.findall(r'line-runs"><polyline points="(.*?)"', p99)
    heights = [float(point.split(",")[1]) for point in runs.split()]
    assert max(heights) - min(heights) < 0.1 * WIDE.height


@pytest.mark.parametrize("low", [63.4, 64.9, 99.0])
def test_an_axis_has_two_ticks_at_least(tmp_path: Path, low: float) -> None:
    write_history(tmp_path, lines_of_p99([low, low * 1.058] * 20))
    with made_ui(tmp_path) as ui:
        p99 = page_of(ui).split("<figcaption>p99")[1].split("</svg>")[0]
    ticks = p99.split('class="axis y"')[1].split("</g>")[0]
    assert ticks.count("<text") >= 2


def test_a_change_leads_to_its_run_if_that_is_still_kept(ui: MadeUi, tmp_path: Path) -> None:
    link = f'href="/jobload/runs/{run_id(PLANTED)}"'
    assert link not in page_of(ui)
    (tmp_path / run_id(PLANTED)).mkdir()
    (tmp_path / run_id(PLANTED) / "result.json").write_text("{}")
    assert link in page_of(ui)


def test_nothing_is_computed_while_a_run_goes_on(ui: MadeUi, tmp_path: Path) -> None:
    (tmp_path / run_id(PLANTED)).mkdir()
    (tmp_path / run_id(PLANTED) / "result.json").write_text("{}")
    ui.control.run = MadeLiveRun(MadeRun(), MadePlan([]))
    page = page_of(ui)
    assert "<svg" not in page
    assert "drawn when no run goes on" in page


def test_texts_of_others_are_texts(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    lines = [
        line(n, figures={"scenario": evil, "plan": evil, "p99_ms": 10.0 + 5 * (n // 10)})
        | {"target": evil, "machine": evil, "run_id": evil, "revision": f"{evil}{n}"}
        for n in range(20)
    ]
    write_history(tmp_path, lines)
    with made_ui(tmp_path) as ui:
        page = page_of(ui)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "worse" in page


def test_figures_beyond_all_measure_are_drawn_or_left_out(tmp_path: Path) -> None:
    values = [0.0, 1e12, 5e-324, 1.0] * 10
    lines = lines_of_p99(values)
    lines += [json.loads(json.dumps(each).replace("1000000000000.0", "1e300")) for each in lines]
    write_history(tmp_path, lines)
    with made_ui(tmp_path) as ui:
        assert "<svg" in page_of(ui)
