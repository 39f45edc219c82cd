"""jobload history: the runs so far, and since when they are others."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from jobload.compare.compare_command import run_count
from jobload.plan.counted import counted
from jobload.report.terminal.streams import tell

DESCRIPTION = """\
The runs so far, the newest last. For each scenario it draws throughput, error rate, p50 and p99
over the runs, and marks the run from which on a level is another one: by how much, and how sure
that is. Runs of another plan, target, machine or number of processes are series of their own; what
was INVALID or ended early is left out."""


def add_history(commands: Any) -> None:
    parser = commands.add_parser(
        "history",
        help="the runs so far, and since when they are others",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--results", metavar="DIR", default="results", help="default: results")
    parser.add_argument("--last", type=run_count, metavar="N", help="only so many runs")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--changes", action="store_true", help="without the list of runs")
    form.add_argument("--json", action="store_true", help="the series and their changes as JSON")
    parser.set_defaults(action=_history)


def _history(arguments: argparse.Namespace, _: list[str]) -> int:
    from jobload.compare.history.run_series import series_of
    from jobload.compare.history.series_json import series_json
    from jobload.compare.history.series_text import print_series
    from jobload.report.files.history import read_history
    from jobload.report.terminal.history_text import print_history

    entries, unreadable = read_history(arguments.results)
    if arguments.last is not None:
        entries = entries[-arguments.last :]
    found = series_of(entries)
    if arguments.json:
        print(series_json(found, unreadable))
        return 0
    if not arguments.changes:
        print_history(entries, sys.stdout)
        print()
    print_series(found, sys.stdout)
    if unreadable:
        tell(f"{counted(unreadable, 'line')} of the history could not be read.")
    return 0
