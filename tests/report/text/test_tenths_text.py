from __future__ import annotations

import io

import pytest
from made_result import result_of
from made_run import Beat, MadeRun, light

from jobload.report.files.history import HistoryEntry
from jobload.report.files.html_page import report_html
from jobload.report.files.markdown import summary_markdown
from jobload.report.terminal.console_summary import render
from jobload.report.terminal.history_text import print_history
from jobload.report.text.tenths_text import tenths_text


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
    assert line.getvalue().rstrip().endswith(" 0.04")
