"""The slowest operations and the first that failed, over all workers, in each report."""

from __future__ import annotations

import re

import pytest
from made_run import ENDPOINT, Beat, MadeRun, light

from jobload.judge.verdict import judge
from jobload.measure.noted_operation import NotedAttempt, NotedOperation
from jobload.report.files.html_page import report_html
from jobload.report.files.markdown import summary_markdown
from jobload.report.result.model import Result
from jobload.report.result.result import build_result
from jobload.report.terminal.console_summary import render

TRACE = "0123456789abcdef" * 2


def operation(ms: float, at_s: float, outcome: str = "", trace: str = "") -> NotedOperation:
    """Its first attempt failed; it waited a millisecond."""
    us, half = round(ms * 1e3), round(ms * 500)
    span = "ab" * 8 if trace else ""
    attempts = (
        NotedAttempt(ENDPOINT, 1_000, half - 10, half, "http-503", span),
        NotedAttempt(ENDPOINT, half, None if outcome else us - 10, us, outcome, span),
    )
    fields = (ENDPOINT, round(at_s * 1e6), 1_000, us, 0, 1, outcome, ENDPOINT, attempts, 0, trace)
    return NotedOperation(*fields, span)


@pytest.fixture(scope="module")
def result() -> Result:
    made = MadeRun(workers=("w1", "w2"))
    made.play(light(duration="15s"), lambda stage, second: Beat(ms=[10.0] * 25, failed=1))
    figures = made.end()
    hold = figures.scenarios[0].stages[1]
    for number, record in enumerate(hold.by_worker.values()):
        record.noted.slowest = tuple(
            operation(300 - 2 * n - number, 7 + n, trace=TRACE if n == 0 else "") for n in range(10)
        )
        record.noted.failed = tuple(
            operation(20, 6 + n + number / 2, "http-500") for n in range(10)
        )
    figures.notes.append("The endpoint http://user:secret@otlp:4318 was away.")
    return build_result(figures, judge(figures, {}), environment={})


def test_those_of_all_workers_are_ten_with_the_slowest_first(result: Result) -> None:
    slowest = result.scenarios[0].stages[1].slowest
    assert [each.response_time_ms for each in slowest] == [300.0 - n for n in range(10)]
    assert [each.worker for each in slowest] == ["w1", "w2"] * 5
    assert [each.trace_id for each in slowest] == [TRACE, TRACE, *[None] * 8]


def test_the_first_that_failed_are_in_the_order_of_their_ends(result: Result) -> None:
    failed = result.scenarios[0].stages[1].first_failed
    assert [each.started_s for each in failed] == [6 + n / 2 for n in range(10)]
    assert {each.outcome for each in failed} == {"http-500"}


def test_a_time_line_is_in_milliseconds_from_the_intended_start(result: Result) -> None:
    (slowest, *_) = result.scenarios[0].stages[1].slowest
    first, last = slowest.attempts
    assert (first.sent_ms, first.arrived_ms, first.read_ms) == (1.0, 149.99, 150.0)
    assert (first.outcome, last.outcome) == ("http-503", "succeeded")
    assert (slowest.waited_ms, slowest.retries, slowest.step) == (1.0, 1, ENDPOINT)


def test_the_console_names_the_slowest_and_the_first_that_failed(result: Result) -> None:
    text = " ".join(render(result).split())
    assert f"slowest in hold: 300.0 ms at 7.0 s, {ENDPOINT}, waited 1.0 ms, 1 retry" in text
    assert f"trace {TRACE}" in text
    assert f"first failed in hold: 20.0 ms at 6.0 s, {ENDPOINT}, http-500" in text
    assert text.count("slowest in") == 1


def test_the_summary_has_three_of_each(result: Result) -> None:
    rows = [line for line in summary_markdown(result).splitlines() if " hold | " in line]
    noted = [row for row in rows if " s | 1.0 | " in row]
    assert len(noted) == 6
    assert f"`{TRACE}`" in noted[0]


def test_the_page_has_all_with_their_time_lines(result: Result) -> None:
    page = report_html(result)
    assert page.count("<td>slow</td>") == 10
    assert page.count("<td>http-500</td>") == 10
    title = "hold: the slowest, up to 300.0 ms and the first that failed"
    assert re.search(rf"<details open>\s*<summary>{title}</summary>", page)
    assert f"<code>{TRACE}</code>" in page
    assert f"begun 1.0; {ENDPOINT}: sent 1.0, arrived 150.0, http-503 at 150.0" in page


def test_only_the_stages_that_the_console_tells_of_lie_open() -> None:
    """The others would fill a page for each step of a stress test."""
    made = MadeRun()
    made.play(light(duration="15s"), lambda stage, second: Beat(ms=[10.0] * 25))
    figures = made.end()
    for stage, ms in zip(figures.scenarios[0].stages, (500, 300), strict=True):
        (record,) = stage.by_worker.values()
        record.noted.slowest = (operation(ms, 1.0),)
    page = report_html(build_result(figures, judge(figures, {}), environment={}))
    assert re.search(r"<details>\s*<summary>ramp-up: the slowest, up to 500.0 ms</summary>", page)
    assert re.search(r"<details open>\s*<summary>hold: the slowest, up to 300.0 ms</summary>", page)


def test_notes_are_told_without_secrets(result: Result) -> None:
    for text in (render(result), summary_markdown(result), report_html(result)):
        assert "secret" not in text
        assert "was away." in text
