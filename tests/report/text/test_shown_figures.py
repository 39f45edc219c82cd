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
from jobload.report.text.shown_figures import NONE, seconds_text, share_text, tenths_text


@pytest.mark.parametrize(
    ("percent", "decimals", "text"),
    [
        *[(0.0, 2, "0.00 %"), (0.004, 2, "<0.01 %"), (0.04, 1, "<0.1 %"), (0.06, 1, "0.1 %")],
        *[(1.12, 2, "1.12 %"), (99.94, 1, "99.9 %"), (99.96, 1, ">99.9 %")],
        *[(99.998, 2, ">99.99 %"), (100.0, 2, "100.00 %")],
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


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0"), (0.0042, "0.0042"), (0.049, "0.049"), (0.05, "0.1"), (1234.56, "1,234.6")],
)
def test_what_is_small_keeps_two_digits(value: float, text: str) -> None:
    assert tenths_text(value) == text


def test_a_time_of_40_microseconds_is_seen_in_each_report() -> None:
    run = MadeRun()
    run.play(light(), lambda *_: Beat(ms=[0.04] * 50))
    result = result_of(run.end())
    hold = next(line for line in render(result).splitlines() if line.startswith("  hold "))
    assert hold.endswith(" 0.04 0.04 0.04   0.04")
    assert "| 0.04 | 0.04 | 0.04 | 0.04 |" in summary_markdown(result)
    assert '<td class="n">0.04</td>' in report_html(result)
    line = io.StringIO()
    print_history([HistoryEntry(run_id=result.run_id, p99_latency_ms=0.04)], line)
    assert line.getvalue().splitlines()[1].endswith(" 0.04")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0.2 s"), (1.5, "1.5 s"), (30.004, "30 s"), (0.0, "0 s"), (1_209_600.0, "1209600 s")],
)
def test_a_stage_of_less_than_a_second_has_a_length(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_a_figure_that_there_is_not_has_a_dash() -> None:
    assert tenths_text(None) == share_text(None, 2) == NONE
