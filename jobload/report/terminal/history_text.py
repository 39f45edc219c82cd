"""results/history.jsonl as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.table import Table
from rich.text import Text

from jobload.report.files.history import OF_WHOLE_RUNS, HistoryEntry
from jobload.report.terminal.page import (
    STYLES,
    add_numbers,
    bare_table,
    local_minute,
    print_parts,
)
from jobload.report.text.plain import plain
from jobload.report.text.shown_figures import NONE, share_text, tenths_text


def print_history(entries: Sequence[HistoryEntry], file: TextIO) -> None:
    print_parts([_table(entries), Text(OF_WHOLE_RUNS, "dim")], file)


def _table(entries: Sequence[HistoryEntry]) -> Table:
    table = bare_table()
    table.add_column("run", no_wrap=True)
    table.add_column("when", no_wrap=True)
    table.add_column("scenarios", overflow="fold", min_width=8)
    table.add_column("verdict", no_wrap=True)
    add_numbers(table, "done/s", "errors", "p99 ms")
    for entry in entries:
        status = plain(entry.status or NONE)
        table.add_row(
            plain(entry.run_id),
            local_minute(entry.started_at) or NONE,
            plain(", ".join(entry.scenarios)),
            Text(status, STYLES.get(status, "")),
            tenths_text(entry.throughput_rps),
            share_text(entry.error_rate_percent, 1),
            tenths_text(entry.p99_latency_ms),
        )
    return table
