"""What became of the rows of a run, in each of its reports."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from made_result import result_of, result_validator
from made_run import MadeRun, light, planned

from jobload.measure.row_ranges import RowRanges
from jobload.measure.row_use import SourceFigures
from jobload.report.files.html_page import report_html
from jobload.report.files.junit import junit_xml
from jobload.report.files.markdown import summary_markdown
from jobload.report.files.write import to_json
from jobload.report.result.model import Result
from jobload.report.terminal.console_summary import render

LOST = "people: 1,400 rows, 1,380 sent, 8 given back, 9 lost (rows 3, 17-24) (people.csv, once)"


def result(**figures: Any) -> Result:
    run = MadeRun()
    run.play(light(), planned())
    ended = run.end()
    ended.rows = [SourceFigures("people", "people.csv", positions=(0,), **figures)]
    return result_of(ended)


def with_lost_rows() -> Result:
    lost = RowRanges([(2, 3), (16, 24)])
    return result(each="once", total=1400, sent=1380, given_back=8, lost=lost)


def flat(text: str) -> str:
    return " ".join(text.split())


def test_lost_rows_are_named_in_every_report() -> None:
    made = with_lost_rows()
    assert f"rows {LOST}" in flat(render(made))
    assert LOST in flat(unescape(re.sub(r"<[^>]*>", " ", report_html(made))))
    assert f"- rows {LOST}" in summary_markdown(made)
    assert "9 rows handed out and not known to be sent: 3, 17-24" in junit_xml(made)
    assert made.status == "INVALID"


def test_the_result_has_their_numbers() -> None:
    made = with_lost_rows()
    (rows,) = made.rows
    assert (rows.lost, rows.lost_rows) == (9, "3, 17-24")
    data = Result.model_validate_json(to_json(made))
    assert data.rows == made.rows
    result_validator().validate(made.model_dump(mode="json", by_alias=True))


def test_very_many_stretches_are_named_up_to_a_number() -> None:
    lost = RowRanges([(n, n + 1) for n in range(0, 5_000, 2)])
    (rows,) = result(each="once", total=5_000, lost=lost).rows
    assert rows.lost == 2_500
    assert rows.lost_rows.endswith(" and 1,500 more stretches")
    assert len(rows.text) < 200


def test_rows_that_come_again_are_only_counted() -> None:
    assert result(each="loop", total=20, sent=1375).rows[0].text == (
        "people: 20 rows, 1,375 sent (people.csv, loop)"
    )


def test_operations_without_a_row_are_told() -> None:
    made = result(each="once", total=400, sent=400, without=12)
    assert "400 sent, 0 given back, 0 lost, 12 operations without one" in flat(render(made))


def test_one_row_and_one_operation_are_told_as_one() -> None:
    made = result(each="once", total=1, without=1)
    assert "1 row, 0 sent, 0 given back, 0 lost, 1 operation without one" in flat(render(made))


def test_a_run_without_rows_says_nothing_of_them() -> None:
    run = MadeRun()
    run.play(light(), planned())
    made = result_of(run.end())
    assert made.rows == []
    assert not re.search(r"^rows", render(made), re.MULTILINE)
