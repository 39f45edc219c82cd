"""Up to when a run is known, so that what is still to be told is no breach."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from made_snapshot import snapshot

from jobload.lifecycle.leader.abort import AbortGuard
from jobload.measure.collector import WorkerView


def _told_s(*views: tuple[int | None, float], disbelieved: str = "") -> float:
    """`views` are the newest second that a process has told of, and when it was heard."""
    workers = {
        str(position): WorkerView(
            str(position),
            joined_s=0.0,
            heard_s=heard_s,
            lost=str(position) == disbelieved,
            newest=None if second is None else snapshot(second=second),
        )
        for position, (second, heard_s) in enumerate(views)
    }
    run: Any = SimpleNamespace(collector=SimpleNamespace(workers=workers))
    processes: Any = SimpleNamespace(is_gone=lambda worker: False)
    return AbortGuard(run, processes)._told_s()


def test_a_second_is_told_by_the_report_at_its_end() -> None:
    assert _told_s((5, 6.004)) == 6.0


def test_a_report_within_a_second_does_not_tell_all_of_it() -> None:
    assert _told_s((5, 5.3)) == pytest.approx(5.3)


def test_the_process_that_has_told_least_counts() -> None:
    assert _told_s((5, 6.004), (4, 5.02)) == 5.0
    assert _told_s((5, 6.004), (None, 1.0)) == 0.0


def test_one_that_is_believed_no_more_keeps_no_check_from_ending_the_run() -> None:
    assert _told_s((5, 6.004), (2, 3.02), disbelieved="1") == 6.0
