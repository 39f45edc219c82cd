from __future__ import annotations

import io

import pytest
from made_result import result_of
from made_run import Beat, MadeRun, light

from jobload.plan.stage import Stage
from jobload.report.files.history import HistoryEntry
from jobload.report.files.html_page import report_html
from jobload.report.files.markdown import summary_markdown
from jobload.report.terminal.console_summary import render
from jobload.report.terminal.history_text import print_history
from jobload.report.text.share_text import share_text


@pytest.mark.parametrize(
    ("percent", "decimals", "text"),
    [
        *[(0.0, 2, "0.00"), (0.004, 2, "<0.01"), (0.04, 1, "<0.1"), (0.06, 1, "0.1")],
        *[(1.12, 2, "1.12"), (99.94, 1, "99.9"), (99.96, 1, ">99.9"), (99.998, 2, ">99.99")],
        (100.0, 2, "100.00"),
    ],
)
def test_a_small_share_is_not_shown_as_nothing_nor_a_large_one_as_all(
    percent: float, decimals: int, text: str
) -> None:
    assert share_text(percent, decimals) == text


def test_one_error_of_many_is_seen_in_each_report() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        failed = int(stage.name == "hold" and second == 3)
        return Beat(ms=[1.0] * (2000 - failed), failed=failed)

    run = MadeRun()
    run.play(light(rate=2000), beats)
    result = result_of(run.end())
    hold = next(line for line in render(result).splitlines() if line.startswith("  hold "))
    assert " <0.1% " in hold
    assert "| <0.01 % |" in summary_markdown(result)
    assert "&lt;0.01 %" in report_html(result)
    line = io.StringIO()
    print_history([HistoryEntry(run_id=result.run_id, error_rate_percent=0.002)], line)
    assert " <0.1 % " in line.getvalue()
