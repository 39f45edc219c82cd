"""observe: what a real Prometheus knows of the target, beside what was measured from outside."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from html import unescape
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from prometheus_process import needs_prometheus

from e2e import observed_runs
from e2e.load_test import run_locust
from e2e.observed_runs import (
    BUSY_MS,
    FIFTY,
    QUIET_S,
    RATE,
    SHORT,
    SLOW_S,
    TARGET_LOG,
    WARM_S,
    observing,
)
from e2e.outcome import Outcome
from e2e.waiting import Background, Job

pytestmark = [pytest.mark.timed, needs_prometheus, pytest.mark.timeout(240)]
SLOW_FROM_S = WARM_S + QUIET_S


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {"slow_step": partial(observed_runs.slow_step, folder / "slow_step")}
    for name in ("silent", "unreachable", "dying", "vanishing", "aborted", "behind_a_door"):
        jobs[name] = partial(getattr(observed_runs, name), folder / name)
    with Background(jobs, at_once=3) as background:
        yield background


def check(outcome: Outcome, metric: str, at: int = 0) -> dict[str, Any]:
    (scenario,) = outcome.result["scenarios"]
    found: dict[str, Any] = [c for c in scenario["checks"] if c["metric"] == metric][at]
    return found


def series(outcome: Outcome, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(o for o in outcome.result["observed"] if o["name"] == name)
    return found


def figures(observed: dict[str, Any], first_s: float, end_s: float) -> list[float]:
    pairs = zip(observed["at_s"], observed["value"], strict=True)
    return [value for at_s, value in pairs if first_s <= at_s < end_s and value is not None]


def test_the_cpu_of_the_target_rises_with_the_step_that_computes(runs: Background) -> None:
    outcome = runs["slow_step"]
    slow = outcome.stage("slow")["started_s"]
    cpu = series(outcome, "cpu")
    assert cpu["unit"] == "%"
    calm = fmean(figures(cpu, slow - QUIET_S, slow))
    busy = fmean(figures(cpu, slow + 3.0, slow + SLOW_S))
    assert busy > calm + 0.5 * RATE * BUSY_MS / 10, (calm, busy)
    samples = figures(cpu, slow - SLOW_FROM_S, slow + SLOW_S)
    assert len(samples) >= 0.7 * (SLOW_FROM_S + SLOW_S)


def test_a_slow_step_is_found_from_the_report_alone(runs: Background) -> None:
    """Which step, from when on, and that the target computed meanwhile."""
    page = next(runs["slow_step"].folder.glob("[0-9]*/report.html")).read_text()
    rows = re.findall(
        r'<tr class="endpoint">\s*<th>(\w+)</th>.*?((?:<td class="n">[\d.,–]+</td>){6})\s*</tr>',
        page,
        re.DOTALL,
    )
    p50 = [
        (name, float(re.findall(r">([\d.,]+)<", cells)[0].replace(",", ""))) for name, cells in rows
    ]
    of_step = {name: [ms for step, ms in p50 if step == name] for name in ("submit", "look")}
    *calm, slow = of_step["look"]
    assert slow > max(BUSY_MS * 0.9, *calm, *of_step["submit"]), of_step
    times = table(page, "Response time")
    first_slow_s = next(at for at, row in times if float(row["p50"]) > BUSY_MS * 0.9)
    assert abs(first_slow_s - SLOW_FROM_S) < 2.5
    busy = [at for at, row in table(page, "Observed: cpu") if percent(row["cpu"]) > 6]
    assert busy
    assert -1 <= busy[0] - first_slow_s < 5
    titles = re.findall(r"<figcaption>(.+?) <small>", page)
    assert titles[1] == "Response time"
    assert 1 < titles.index("Observed: cpu") < titles.index("Users")


def test_the_ten_slowest_of_the_report_are_found_in_the_log_of_the_target(
    runs: Background,
) -> None:
    """By their trace ids, with the step that is blamed, and its time there."""
    outcome = runs["slow_step"]
    said = logged((outcome.folder.parent / TARGET_LOG).read_text())
    slowest = outcome.stage("slow")["slowest"]
    assert len(slowest) == 10
    assert len({each["trace_id"] for each in slowest}) == 10
    for each in slowest:
        assert each["started_s"] > SLOW_FROM_S - 1
        seen = {line.span: line for line in said[each["trace_id"]]}
        sent = {attempt["span_id"]: attempt for attempt in each["attempts"]}
        assert seen.keys() == sent.keys()
        for span, attempt in sent.items():
            assert seen[span].method == {"submit": "POST", "look": "GET"}[attempt["step"]]
            # It writes the line after its reply, on a busy machine later than that is read.
            assert seen[span].ms < attempt["read_ms"] - attempt["sent_ms"] + 25.0
    blamed = Counter(each["step"] for each in slowest)
    assert blamed["look"] >= 8, blamed
    looks = [line.ms for each in slowest for line in said[each["trace_id"]] if line.method == "GET"]
    assert min(looks) >= BUSY_MS * 0.9

    page = next(outcome.folder.glob("[0-9]*/report.html")).read_text()
    _, *rows = noted_rows(page, "slow")
    named, time_lines = rows[::2], rows[1::2]
    assert [line.rpartition("trace ")[2] for line in time_lines] == [e["trace_id"] for e in slowest]
    assert sum(row.startswith("slow, step look slow ") for row in named) == blamed["look"]
    assert {w["id"] for w in outcome.result["topology"]["workers"]} == {
        each["worker"] for stage in outcome.stages for each in stage["slowest"]
    }


@dataclass(frozen=True)
class Logged:
    """A request, as the target tells of it."""

    method: str
    ms: float
    span: str


def logged(text: str) -> dict[str, list[Logged]]:
    """By trace id."""
    line = re.compile(
        r"^target: (\w+) \S+ \d+ (\S+) ms trace (\w{32}) span (\w{16})$", re.MULTILINE
    )
    found: dict[str, list[Logged]] = {}
    for method, ms, trace, span in line.findall(text):
        found.setdefault(trace, []).append(Logged(method, float(ms), span))
    return found


def noted_rows(page: str, stage: str) -> list[str]:
    """Of the table that lies open for this stage, as they are read: without tags."""
    (text,) = re.findall(rf"<details open>\s*<summary>{stage}: .*?</table>", page, re.DOTALL)
    rows = re.findall(r"<tr.*?>(.*?)</tr>", text, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in rows]


def table(page: str, title: str) -> list[tuple[float, dict[str, str]]]:
    """Of the chart: by second of the scenario, what has a figure."""
    text = page[page.index(f"Figures of {title}") :]
    text = text[: text.index("</table>")]
    names = re.findall(r'<th class="n">(.*?)</th>', text)
    found = []
    for at, cells in re.findall(r'<tr data-x="([\d.]+)">(.*?)</tr>', text):
        values = re.findall(r"<td>(.*?)</td>", cells)
        if "–" not in values:
            found.append((float(at), dict(zip(names, values, strict=True))))
    return found


def percent(text: str) -> float:
    return float(text.removesuffix(" %"))


def test_checks_see_what_was_observed_and_never_pass_without_it(runs: Background) -> None:
    outcome = runs["slow_step"]
    assert check(outcome, "observe:cpu")["status"] == "FAIL"
    assert "windows in a row breached" in check(outcome, "observe:cpu")["detail"]
    assert [check(outcome, "observe:cpu", at)["status"] for at in (1, 2)] == ["PASS", "PASS"]
    assert check(outcome, "observe:waiting")["status"] == "PASS"
    assert check(outcome, "observe:waiting")["value"] >= 1
    for name, words in (
        ("nothing", "no data"),
        ("many", "aggregate them in the query"),
        ("broken", "bad_data"),
        ("not-finite", "the query gives NaN"),
    ):
        found = check(outcome, f"observe:{name}")
        assert (found["status"], found["actual"]) == ("INSUFFICIENT", "no data")
        assert words in found["detail"]
    assert (outcome.exit_code, outcome.status) == (1, "FAIL")  # a proven breach decides
    assert "no figure of broken: refused (bad_data" in outcome.console
    assert "no figure of many: several series" in outcome.console


@pytest.mark.parametrize(
    ("run", "words"),
    [("unreachable", "connect-refused"), ("silent", "timeout"), ("dying", "timeout")],
)
def test_without_an_answer_a_check_is_no_pass_and_it_is_told_at_once(
    runs: Background, run: str, words: str
) -> None:
    outcome = runs[run]
    outcome.assert_came_to(3, "INVALID")
    found = check(outcome, "observe:cpu")
    assert found["status"] == "INSUFFICIENT"
    assert words in found["detail"]
    told = outcome.console.index("does not answer")
    assert told < outcome.console.index("INSUFFICIENT")
    assert outcome.console.count("does not answer") == 1
    assert outcome.sum("failed") == 0


def test_what_is_scraped_no_more_has_no_figure_however_well_its_prometheus_is(
    runs: Background,
) -> None:
    outcome = runs["vanishing"]
    outcome.assert_came_to(3, "INVALID")
    cpu = series(outcome, "cpu")
    assert cpu["missing"][0]["kind"] == "no data"
    assert cpu["value"].index(None) >= 2
    assert "no data" in check(outcome, "observe:cpu")["detail"]


def test_what_came_before_it_died_is_kept(runs: Background) -> None:
    cpu = series(runs["dying"], "cpu")
    assert set(cpu["value"]) == {50.0, None}
    assert cpu["value"].index(None) >= 2
    assert cpu["missing"][0]["kind"] == "unreachable"


def test_it_may_ask_for_a_password_and_have_a_certificate_of_its_own(runs: Background) -> None:
    outcome = runs["behind_a_door"]
    outcome.assert_passed_or_late()
    assert check(outcome, "observe:cpu")["actual"] == "50 %"
    written = "".join(f.read_text() for f in outcome.folder.glob("[0-9]*/*.*") if f.is_file())
    for secret in (observed_runs.PASSWORD, observed_runs.LOGIN):
        assert secret not in written + outcome.console
    assert outcome.result["topology"]["mode"] == "distributed"
    assert len(series(outcome, "cpu")["at_s"]) <= 10  # asked by one process


def test_a_breach_of_it_may_end_the_scenario(runs: Background) -> None:
    outcome = runs["aborted"]
    assert (outcome.exit_code, outcome.status) == (1, "FAIL")
    (scenario,) = outcome.result["scenarios"]
    assert scenario["ended_early"].startswith("observe:cpu 50 %, expected <= 40%")
    assert outcome.stage()["duration_s"] < 20


@pytest.mark.parametrize(
    ("metric", "sentence"),
    [
        ("observe:cpi", "did you mean observe:cpu?"),
        ("observe:cpu", "needs a unit; write 90%"),
    ],
)
def test_what_is_wrong_is_told_before_the_load(tmp_path: Path, metric: str, sentence: str) -> None:
    checks = [{"metric": metric, "expect": "<= 90"}]
    observe = observing("http://127.0.0.1:9", FIFTY)
    options = observed_runs.write_observed(tmp_path / "plan", SHORT, observe, checks)
    outcome = run_locust(tmp_path, *options, host="http://127.0.0.1:9")
    assert outcome.exit_code == 2
    assert sentence in outcome.console
    assert outcome.results == []
