"""What a run says while it goes on."""

import sys
from types import SimpleNamespace

import gevent
import pytest

from jobload.lifecycle.leader import progress_log
from jobload.lifecycle.leader.progress_log import Console


@pytest.mark.parametrize(("took_s", "times"), [(0.0, 0), (0.1, 1)])
def test_a_long_wait_for_what_is_in_flight_is_told_once(
    took_s: float, times: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress_log, "SILENT_WAIT_S", 0.02)
    with Console(SimpleNamespace(headless=True, json=False)).waiting(127.1):
        gevent.sleep(took_s)
    gevent.sleep(0.03)
    told = "Waits for operations in flight, 127 s at most: what timeout and retries of the"
    assert [told in message for message in caplog.messages] == [True] * times


@pytest.mark.parametrize(("has_json", "stream"), [(False, "stdout"), (True, "stderr")])
def test_the_report_is_not_among_figures_that_a_program_reads(has_json: bool, stream: str) -> None:
    console = Console(SimpleNamespace(headless=True, json=has_json))
    assert console.report is getattr(sys, stream)
