"""The pages of runs: what they list, show, hand out and refuse."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from time import perf_counter
from typing import Any

import pytest
from made_live_run import MadeLiveRun, MadePlan
from made_run import RUN_ID, MadeRun, light, planned
from made_ui import MadeUi, made_ui

from jobload.judge.verdict import judge
from jobload.measure.observed_series import ObservedSeries
from jobload.plan.observe import ObservedUnit
from jobload.report.files.write import write_reports
from jobload.report.result.result import build_result
from jobload.web.runs.runs_compared import compare

OBSERVED: dict[str, Any] = {
    "name": "cpu",
    "query": "up",
    "unit": "bytes",
    "every_s": 2.0,
    "at_s": [1.0, 3.0],
    "value": [-1.0, 5.0],
    "missing": [],
}
OTHER_ID = "20261123-090000-00ff00"


def write_run(folder: Path, run_id: str = RUN_ID, ms: float = 10.0, **fields: object) -> None:
    made = MadeRun()
    made.play(light(**fields), planned(ms))
    figures = made.end()
    figures.run_id = run_id
    result = build_result(figures, judge(figures, {}), {}, environment={"cpu_count": 2})
    write_reports(result, figures, folder, {})


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    write_run(folder)
    write_run(folder, OTHER_ID, ms=25.0, users=20)
    return folder


@pytest.fixture(scope="module")
def made(results: Path) -> Iterator[MadeUi]:
    with made_ui(results) as made:
        yield made


@pytest.fixture
def ui(made: MadeUi) -> MadeUi:
    return made.as_new()


def text_of(ui: MadeUi, path: str, status: int = 200) -> str:
    with ui.client().get(path, follow_redirects=True) as answer:
        assert answer.status_code == status
        return str(answer.get_data(as_text=True))


def test_runs_are_listed_with_their_verdicts_the_newest_first(ui: MadeUi) -> None:
    page = text_of(ui, "/jobload/runs")
    assert page.index(OTHER_ID) < page.index(RUN_ID)
    assert page.count('<span class="badge pass">PASS</span>') == 2


def test_without_runs_the_list_says_how_to_get_one(tmp_path: Path) -> None:
    with made_ui(tmp_path / "none") as ui:
        assert "There is none yet" in text_of(ui, "/jobload/runs")


def test_the_page_of_a_run_is_its_report_with_its_files(ui: MadeUi) -> None:
    page = text_of(ui, f"/jobload/runs/{RUN_ID}")
    assert page.count("<main") == 1
    assert "<svg" in page
    for name in ("result.json", "report.html", "junit.xml", "summary.md", "histogram.hgrm"):
        assert f'href="/jobload/runs/{RUN_ID}/files/{name}" download' in page
    assert f"<option>{OTHER_ID}</option>" in page


def test_files_come_as_downloads_named_after_the_run(ui: MadeUi) -> None:
    with ui.client().get(f"/jobload/runs/{RUN_ID}/files/result.json") as answer:
        assert json.loads(answer.data)["run_id"] == RUN_ID
        disposition = answer.headers["Content-Disposition"]
        assert disposition == f"attachment; filename={RUN_ID}-result.json"


def test_a_run_that_is_not_there_is_answered_with_those_that_are(ui: MadeUi) -> None:
    page = text_of(ui, "/jobload/runs/20200101-000000-000000", 404)
    assert "There is no run 20200101-000000-000000 in the results folder." in page
    assert f'href="/jobload/runs/{RUN_ID}"' in page


@pytest.mark.parametrize(
    "path",
    [
        f"/jobload/runs/{RUN_ID}/files/../../history.jsonl",
        f"/jobload/runs/{RUN_ID}/files/..%2f..%2fhistory.jsonl",
        f"/jobload/runs/{RUN_ID}/files/%2fetc%2fpasswd",
        f"/jobload/runs/{RUN_ID}/files/nothing",
        "/jobload/runs/latest",
        "/jobload/runs/latest/files/result.json",
        "/jobload/runs/..%2f..",
        "/jobload/runs/20200101-000000-000000",
    ],
)
def test_nothing_outside_the_folders_of_runs_is_handed_out(ui: MadeUi, path: str) -> None:
    assert "passwd" not in text_of(ui, path, 404)


def test_a_link_out_of_the_folder_is_not_followed(ui: MadeUi, results: Path) -> None:
    leak = results / RUN_ID / "leak.txt"
    leak.symlink_to("/etc/hostname")
    try:
        text_of(ui, f"/jobload/runs/{RUN_ID}/files/leak.txt", 404)
        assert "leak.txt" not in text_of(ui, f"/jobload/runs/{RUN_ID}")
    finally:
        leak.unlink()


def test_a_result_of_another_version_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / RUN_ID).mkdir()
    (tmp_path / RUN_ID / "result.json").write_text('{"schema": "jobload.result/9"}')
    with made_ui(tmp_path) as ui:
        assert "is no result of this version of jobload" in text_of(ui, f"/jobload/runs/{RUN_ID}")
        assert RUN_ID in text_of(ui, "/jobload/runs")


def test_two_runs_stand_beside_each_other_the_older_one_first(ui: MadeUi) -> None:
    page = text_of(ui, f"/jobload/compare?run={OTHER_ID}&run={RUN_ID}")
    assert page.index(RUN_ID) < page.index(OTHER_ID)
    assert f"Runs {RUN_ID} and {OTHER_ID} differ in light: users 10 and 20" in page
    assert "regression" not in page


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("", 400, "Tick two runs"),
        (f"run={RUN_ID}", 400, "Tick two runs"),
        (f"run={RUN_ID}&run={RUN_ID}", 400, "Tick two runs"),
        (f"run={RUN_ID}&run=20200101-000000-000000", 404, "There is no run 20200101"),
        (f"run={RUN_ID}&run=<script>", 404, "There is no run &lt;script&gt;"),
    ],
)
def test_a_comparison_that_can_not_be_is_explained(
    ui: MadeUi, query: str, status: int, sentence: str
) -> None:
    assert sentence in text_of(ui, f"/jobload/compare?{query}", status)


@pytest.mark.parametrize(
    ("new_ms", "change", "finding"),
    [
        (10.4, "+4.0 %", "no change"),
        (11.4, "+14.0 %", "no change"),
        (14.0, "+40.0 %", "regression"),
    ],
)
def test_a_finding_is_that_of_the_command_compare_and_of_judged_stages(
    new_ms: float, change: str, finding: str
) -> None:
    results = []
    for run_id, ms in ((RUN_ID, 10.0), (OTHER_ID, new_ms)):
        made = MadeRun()
        made.play(light(), planned(ms))
        figures = made.end()
        figures.run_id = run_id
        results.append(build_result(figures, judge(figures, {}), {}, environment={}))
    found = compare(*results)
    [scenario] = found.scenarios
    p50 = [f for f in scenario.figures if f.name == "p50"]
    assert [(f.stage, f.change, f.finding) for f in p50] == [
        ("ramp-up", change, ""),
        ("hold", change, finding),
    ]
    assert {f.finding for f in scenario.figures if f.name == "missed"} == {""}
    assert found.cautions[0].startswith("Indicative: a side of one run")
    alarm = finding == "regression"
    told = "Regression (indicative): light p50, light p99." if alarm else "No alarm (indicative)."
    assert found.conclusion == told


def test_an_invalid_run_is_compared_with_a_caution(ui: MadeUi, tmp_path: Path) -> None:
    made = MadeRun(end_reason="stopped")
    made.play(light(), planned())
    figures = made.end()
    invalid = build_result(figures, judge(figures, {}), {}, environment={})
    found = compare(invalid, invalid.model_copy(update={"run_id": OTHER_ID}))
    assert found.cautions[0].endswith("is INVALID, so its figures can't be trusted.")
    assert {f.finding for s in found.scenarios for f in s.figures} == {""}


def live_run() -> MadeLiveRun:
    made = MadeRun()
    made.play(light(), planned())
    run_id = "20261124-000000-abcdef"
    return MadeLiveRun(made, MadePlan([light()]), stage_index=1, elapsed_s=36.0, id=run_id)


def test_the_page_of_a_run_that_goes_on_has_its_tables_before_any_script(ui: MadeUi) -> None:
    ui.control.run = run = live_run()
    page = text_of(ui, f"/jobload/runs/{run.id}")
    assert "RUNNING" in page
    assert '<td data-state="running, 31 of 25 s">running, 31 of 25 s</td>' in page
    assert f'href="/jobload/runs/{run.id}"' in text_of(ui, "/jobload/runs")


def test_what_is_observed_is_drawn_while_the_run_goes_on(ui: MadeUi) -> None:
    ui.control.run = run = live_run()
    for name in ("cpu", "disk", "queue"):
        unit: ObservedUnit = "" if name == "queue" else "%"
        run.observed[name] = ObservedSeries(name, "up", unit, 2.0)
    page = text_of(ui, f"/jobload/runs/{run.id}")
    titles = re.findall(r"<figcaption>(.+?) <small>", page)
    assert titles == ["Rate", "Response time", "Observed: queue", "Observed: cpu, disk", "Users"]
    assert 'data-keys="observed:cpu observed:disk"' in page
    assert 'data-kinds="observed1 observed2"' in page
    assert page.count('<details class="values">') == 5
    assert 'src="/jobload/reading.js"' in page
    with ui.client().get("/jobload/reading.js") as answer:
        assert answer.content_type.startswith("text/javascript")
        assert "readCharts" in answer.get_data(as_text=True)


def test_scripts_hear_of_a_run_until_its_reports_are_written(ui: MadeUi) -> None:
    ui.control.run = run = live_run()
    live = json.loads(text_of(ui, f"/jobload/runs/{run.id}/live"))
    assert (live["over"], live["status"], live["place"]) == (False, "RUNNING", "light, stage hold")
    assert [band["name"] for band in live["bands"]] == ["ramp-up", "hold"]
    state = json.loads(text_of(ui, "/jobload/state"))["run"]
    assert (state["id"], state["status"]) == (run.id, None)
    figures = run.made.end()
    run.result = build_result(figures, judge(figures, {}), {}, environment={})
    assert json.loads(text_of(ui, "/jobload/state"))["run"]["status"] is None
    run.over.set()
    assert json.loads(text_of(ui, "/jobload/state"))["run"]["status"] == "PASS"
    assert json.loads(text_of(ui, f"/jobload/runs/{run.id}/live")) == {"over": True}


def test_the_tabs_of_locust_get_their_rows_with_its_statistics(ui: MadeUi) -> None:
    ui.control.run = live_run()
    extended = json.loads(text_of(ui, "/stats/requests"))["extended_stats"]
    assert [tab["key"] for tab in extended] == ["stages", "checks"]
    assert [row["stage"] for row in extended[0]["data"]] == ["ramp-up", "hold"]
    page = text_of(ui, "/")
    assert '{"title": "Stages", "key": "stages"}' in page


# --- a folder from elsewhere ----------------------------------------------------------------

HOSTILE = "<script>alert(1)</script><form action=/stop method=post><button>Show</button></form>"


def poison(folder: Path) -> None:
    """Files that a page would run or show if it took them as they are."""
    run = folder / RUN_ID
    for name in ("report.html", "summary.md", "junit.xml", "evil.js", "evil.html", "evil.svg"):
        (run / name).write_text(f"<html><body>{HOSTILE}</body></html>")
    (run / "histograms" / "x.hgrm").write_text(HOSTILE)
    (run / "histograms" / "x.html").write_text(HOSTILE)
    result = json.loads((run / "result.json").read_text())
    hostile = HOSTILE + "\"'--></style>"
    result["host"] = result["started_at"] = result["end"]["detail"] = hostile
    result["environment"] = {hostile: hostile}
    missing = [{"kind": hostile, "count": 1, "example": hostile}]
    result["observed"] = [
        {"name": hostile, "query": hostile, "unit": "%", "every_s": 1.0}
        | {"at_s": [1.0, 2.0], "value": [1.0, None], "missing": missing}
    ]
    result["validity"][0] |= {"actual": hostile, "status": "FAIL", "advice": hostile}
    result["topology"]["workers"][0]["id"] = hostile
    for scenario in result["scenarios"]:
        scenario["name"] = scenario["ended_early"] = scenario["recovery"] = hostile
        scenario["configuration"] = {hostile: hostile}
        scenario["limits"] = [hostile]
        for stage in scenario["stages"]:
            stage["name"] = hostile
            stage["errors"] = [{"kind": hostile, "count": 1, "example": hostile}]
            stage["endpoints"][0]["name"] = hostile
    (run / "result.json").write_text(json.dumps(result))


@pytest.fixture
def poisoned(tmp_path: Path) -> Iterator[MadeUi]:
    write_run(tmp_path)
    write_run(tmp_path, OTHER_ID)
    poison(tmp_path)
    with made_ui(tmp_path) as made:
        yield made


def test_a_run_from_elsewhere_is_shown_from_its_figures_and_runs_only_what_reads_charts(
    poisoned: MadeUi,
) -> None:
    for path in (f"runs/{RUN_ID}", f"compare?run={RUN_ID}&run={OTHER_ID}", "runs"):
        with poisoned.client().get(f"/jobload/{path}") as answer:
            assert answer.status_code == 200
            page = answer.get_data(as_text=True)
            policy = answer.headers["Content-Security-Policy"]
        scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
        hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in scripts]
        allowed = [f"'sha256-{digest}'" for digest in hashes] or ["'none'"]
        assert f"script-src {' '.join(allowed)};" in policy
        assert len(scripts) == (0 if path == "runs" else 1)
        assert "alert(1)" not in "".join(scripts)
        assert "<form action=/stop" not in page
    assert "<svg" in text_of(poisoned, f"/jobload/runs/{RUN_ID}")


def test_its_files_are_things_to_keep_of_no_type_that_a_browser_opens(poisoned: MadeUi) -> None:
    page = text_of(poisoned, f"/jobload/runs/{RUN_ID}")
    assert "evil" not in page
    assert "x.html" not in page
    for name in ("report.html", "summary.md", "junit.xml", "result.json", "histograms/x.hgrm"):
        with poisoned.client().get(f"/jobload/runs/{RUN_ID}/files/{name}") as answer:
            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["Content-Disposition"].startswith("attachment;")
            assert "script-src 'none'" in answer.headers["Content-Security-Policy"]
            assert name != "report.html" or answer.data.count(b"<script") == 1  # ours
    for name in ("evil.js", "evil.html", "evil.svg", "histograms/x.html"):
        text_of(poisoned, f"/jobload/runs/{RUN_ID}/files/{name}", 404)


@pytest.fixture(scope="module")
def changeable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadeUi]:
    """Beside each result lies how it was."""
    folder = tmp_path_factory.mktemp("changeable")
    for run_id in (RUN_ID, OTHER_ID):
        write_run(folder, run_id)
        copyfile(folder / run_id / "result.json", folder / run_id / "sound")
    with made_ui(folder) as made:
        yield made


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["scenarios"][0]["stages"][0].update(started_s=float("inf")),
        lambda r: r["scenarios"][0]["stages"][0].update(duration_s=float("nan")),
        lambda r: r["scenarios"][0]["stages"][0].update(duration_s=1e300),
        lambda r: r["scenarios"][0]["stages"][1]["seconds"].update(users=[]),
        lambda r: r["scenarios"][0]["stages"][1]["seconds"].update(ended=[-(10**30)] * 25),
        lambda r: r["scenarios"][0]["stages"][1]["endpoints"][0].update(response_time_buckets="x"),
        lambda r: r["scenarios"][0]["stages"][1]["endpoints"][0].update(
            response_time_buckets="5:" + "9" * 4000
        ),
        lambda r: r["scenarios"][0].update(stages=[]),
        lambda r: r.update(scenarios=[]),
        lambda r: r.update(duration_s=float("nan")),
        lambda r: r.update(started_at="", validity=[]),
        lambda r: r.update(observed=[OBSERVED | {"every_s": 0.0}]),
        lambda r: r.update(observed=[OBSERVED | {"every_s": 1e-12}]),
        lambda r: r.update(observed=[OBSERVED | {"value": [float("inf"), 1e308]}]),
        lambda r: r.update(observed=[OBSERVED | {"at_s": []}]),
        lambda r: r.update(observed=[OBSERVED | {"unit": "<b>"}]),
    ],
)
def test_figures_of_any_kind_are_shown_or_said_to_contradict_each_other(
    changeable: MadeUi, change: Callable[[dict[str, Any]], None]
) -> None:
    path = changeable.control.results_dir / RUN_ID / "result.json"
    result = json.loads(path.with_name("sound").read_text())
    change(result)
    path.write_text(json.dumps(result))
    began_s = perf_counter()
    text_of(changeable, f"/jobload/runs/{RUN_ID}")
    for page in (f"compare?run={RUN_ID}&run={OTHER_ID}", f"runs/{RUN_ID}/files/report.html"):
        with changeable.client().get(f"/jobload/{page}") as answer:
            assert answer.status_code < 500
    assert perf_counter() - began_s < 5


def test_a_history_of_any_bytes_lists_the_runs(tmp_path: Path) -> None:
    write_run(tmp_path)
    lines = [
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"run_id": "%b", "throughput_rps": "x"}' % RUN_ID.encode(),
    ]
    with (tmp_path / "history.jsonl").open("ab") as file:
        file.write(b"\n".join(lines))
    with made_ui(tmp_path) as ui:
        assert RUN_ID in text_of(ui, "/jobload/runs")


def test_a_result_that_is_a_link_is_none(tmp_path: Path) -> None:
    (tmp_path / RUN_ID).mkdir()
    (tmp_path / RUN_ID / "result.json").symlink_to("/etc/passwd")
    (tmp_path / RUN_ID / "histograms").symlink_to("/etc")
    with made_ui(tmp_path) as ui:
        text_of(ui, f"/jobload/runs/{RUN_ID}", 404)


def test_two_runs_are_laid_over_each_other(tmp_path: Path) -> None:
    write_run(tmp_path, ms=10.0)
    write_run(tmp_path, OTHER_ID, ms=30.0)
    for run_id, cpu in ((RUN_ID, 20.0), (OTHER_ID, 70.0)):
        path = tmp_path / run_id / "result.json"
        observed = OBSERVED | {"unit": "%", "value": [cpu, cpu]}
        path.write_text(json.dumps(json.loads(path.read_text()) | {"observed": [observed]}))
    with made_ui(tmp_path) as ui:
        page = text_of(ui, f"/jobload/compare?run={OTHER_ID}&run={RUN_ID}")
    titles = re.findall(r"<figcaption>(.+?) <small>", page)
    assert titles == ["Rate", "Response time, p50", "Response time, p99", "Observed: cpu"]
    figures = page.split("<figure>")[1:]
    for figure in figures:
        assert re.findall(r'class="key-(\w+)"', figure) == ["before", "after"]
        assert figure.count('class="line-before"') == figure.count('class="line-after"') == 2
    rows = re.findall(r"<tr data-x.*?</tr>", figures[1])
    assert {tuple(re.findall(r"<td>([\d.]+)</td>", row)) for row in rows[5:]} == {("10", "30")}
    assert "<td>20 %</td><td>70 %</td>" in figures[3]
