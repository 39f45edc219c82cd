"""results/history.jsonl: a line for each run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from jobload.plan.ordinary_file import kind_flaw
from jobload.report.files.write import HISTORY_FILE

LARGEST_BYTES = 16 * 1024 * 1024
"""Of the end of it, which has the newest runs."""
OF_WHOLE_RUNS = "Done/s, errors and p99 are of all stages of a run, ramps included."
Text = Annotated[str, Field(max_length=10_000)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Figure = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]


class HistoryFigures(BaseModel):
    """Of one scenario in a run; `left_out` says why they are in no series."""

    scenario: Text
    plan: Text
    left_out: Text | None = None
    throughput_rps: Figure | None = None
    error_rate_percent: Figure | None = None
    p50_ms: Figure | None = None
    p99_ms: Figure | None = None


class HistoryEntry(BaseModel):
    run_id: Text
    started_at: Text | None = None
    status: Text | None = None
    scenarios: list[Text] = []
    host: Text | None = None
    total_requests: int | None = None
    throughput_rps: Number | None = None
    error_rate_percent: Number | None = None
    p99_latency_ms: Number | None = None
    target: Text | None = None
    target_version: Text | None = None
    revision: Text | None = None
    machine: Text | None = None
    topology: Text | None = None
    series: list[HistoryFigures] = []


class HistoryError(Exception):
    """One sentence on why there is no history to show."""


def read_history(results: str | Path) -> tuple[list[HistoryEntry], int]:
    """The entries in their order, the newest last, and how many lines are none."""
    path = Path(results) / HISTORY_FILE
    try:
        if (flaw := kind_flaw(str(path))) is not None:
            raise HistoryError(f"{path} {flaw}. Each run adds a line to it.")
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LARGEST_BYTES))
            lines = file.read(LARGEST_BYTES).splitlines()
    except OSError as error:
        raise HistoryError(
            f"{path} can't be read: {error.strerror or error}. Each run adds a line to it."
        ) from None
    entries = [entry for line in lines if (entry := _entry(line)) is not None]
    return entries, sum(1 for line in lines if line.strip()) - len(entries)


def _entry(line: bytes) -> HistoryEntry | None:
    try:
        return HistoryEntry.model_validate_json(line)
    except ValidationError:
        return None
