"""What a process tells of a run: nothing, but for what a test says."""

from __future__ import annotations

from typing import Any

from jobload.measure.snapshot import Snapshot


def snapshot(**told: Any) -> Snapshot:
    nothing: dict[str, Any] = {
        "run_id": "run",
        "worker": "w1",
        "process": "",
        "seq": 1,
        "second": 0,
        "obeyed": -1,
        "idle": False,
        "final": False,
        "users": 0,
        "in_flight": 0,
        "backlog": 0,
        "cpu_percent": 10.0,
        "pauses": [],
        "crashes": [],
        "stages": [],
        "ledger": [],
        "ledger_complete": True,
        "rows": [],
        "rows_missing": 0,
        "traced": (),
        "traced_untold": 0,
    }
    return Snapshot(**(nothing | told))
