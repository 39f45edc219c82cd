from __future__ import annotations

import pytest
from made_result import full_result, result_of
from made_run import Beat, MadeRun, light, planned
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from jobload.report.files.markdown import summary_markdown
from jobload.report.result.model import Result
from jobload.report.text.markdown_text import JOINER


def html(result: Result) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(summary_markdown(result)))


def test_the_verdict_is_the_title_and_its_reason_follows() -> None:
    lines = summary_markdown(full_result()).splitlines()
    assert lines[0] == "## ❌ jobload: FAIL"
    assert lines[2] == "**spike: error\\_rate 28.6 %, expected &lt;= 20%**"


def test_stages_and_checks_are_tables() -> None:
    page = html(full_result())
    assert page.count("<table>") == 7
    assert "<td>throughput (hold)</td>\n<td>&gt;= 40/s</td>\n<td>50/s</td>" in page
    assert "<td><em>ramp-up</em></td>" in page


def test_reasons_of_an_invalid_run_come_with_advice() -> None:
    run = MadeRun(end_reason="sigterm")
    run.play(light(), planned())
    page = html(result_of(run.end()))
    told = "interrupted by SIGTERM. Let the run come to its end."
    assert f"<strong>completed</strong>: {told}" in page


@pytest.mark.parametrize(
    "text", ["<img src=x onerror=alert(1)>", "a | b", "`code` *b* _i_", "[x](http://e)", "a\n\n# b"]
)
def test_texts_of_others_are_text(text: str) -> None:
    run = MadeRun(end_reason="crashed", end_detail=text)
    run.play(light(), lambda stage, second: Beat(ms=[1.0] * 50))
    page = html(result_of(run.end()))
    for markup in ("<img", "<code>code", "<em>b", "<a ", "<h1>"):
        assert markup not in page
    assert page.count("<table>") == 2


@pytest.mark.parametrize("call", ["@octocat", "#123", "!45", "GH-6", "org/repo#7", "@org/team"])
def test_texts_of_others_call_nobody_and_link_no_issue(call: str) -> None:
    run = MadeRun(end_reason="crashed", end_detail=f"ValueError: {call} raised")
    run.play(light(), planned())
    text = summary_markdown(result_of(run.end()))
    assert call not in text.replace("\\", "")
    assert call in text.replace("\\", "").replace(JOINER, "")


def test_dollars_are_no_formula_where_github_knows_formulas() -> None:
    run = MadeRun(end_reason="crashed", end_detail="GET /odata/Orders?$filter=paid&$top=5")
    run.play(light(), planned())
    text = summary_markdown(result_of(run.end()))
    page = str(MarkdownIt("commonmark").enable("table").use(dollarmath_plugin).render(text))
    assert "?$filter=paid&amp;$top=5" in page
    assert "math" not in page


@pytest.mark.parametrize(
    ("names", "told"), [(("w1",), " 1 worker,"), (("w1", "w2"), " 2 workers,")]
)
def test_one_worker_is_no_workers(names: tuple[str, ...], told: str) -> None:
    run = MadeRun(workers=names)
    run.play(light(), planned())
    assert told in summary_markdown(result_of(run.end()))


def test_a_sentence_that_has_an_end_gets_no_other() -> None:
    run = MadeRun(end_reason="crashed", end_detail="is --host right?")
    run.play(light(), planned())
    text = summary_markdown(result_of(run.end()))
    assert "is --host right? " in text
    assert "right?." not in text
