from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from jobload.lifecycle.leader import run as module
from jobload.report.files.write import RUN_ID

BEGAN = datetime(2026, 11, 22, 11, 5, tzinfo=UTC)


def test_ids_of_runs_that_begin_within_a_second_are_in_their_order() -> None:
    with patch.object(module, "datetime") as clock:
        clock.now.side_effect = [BEGAN + timedelta(milliseconds=ms) for ms in range(0, 1000, 5)]
        ids = [module.new_run_id() for _ in range(200)]
    assert ids == sorted(ids)
    assert all(RUN_ID.fullmatch(run_id) for run_id in ids)
