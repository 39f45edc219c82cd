"""python -m verify.who_notices [--tool NAME ...] [--fault NAME ...]: which tools notice that a load
test lies, or blame the target for what was their own doing.

Each tool does the same job, with its own limits as its documentation has them, while one thing
goes wrong. What was found is kept in results.json beside this file, and shown in
docs/who-notices.md; a cell that is run alone takes its place there. All of them take half an hour.
"""

from __future__ import annotations

import argparse
import json
import sys

from verify.who_notices.cell import ROOT, Cell, is_right, measure, verdict
from verify.who_notices.fault import FAULTS
from verify.who_notices.page import page
from verify.who_notices.tools.catalogue import TOOLS

RESULTS = ROOT / "verify" / "who_notices" / "results.json"
PAGE = ROOT / "docs" / "who-notices.md"


def main() -> int:
    parser = argparse.ArgumentParser("python -m verify.who_notices")
    parser.add_argument("--tool", action="append", choices=list(TOOLS), default=[])
    parser.add_argument("--fault", action="append", choices=list(FAULTS), default=[])
    asked = parser.parse_args()
    cells = kept()
    for fault in asked.fault or FAULTS:
        for tool in asked.tool or TOOLS:
            cell = measure(TOOLS[tool], FAULTS[fault])
            cells[tool, fault] = cell
            print(_line(cell), flush=True)
            _keep(cells)
    PAGE.write_text(page(cells))
    wrong = [c for c in cells.values() if c.tool == "jobload" and not _right(c)]
    return int(bool(wrong))


def _right(cell: Cell) -> bool:
    return bool(cell.missing) or is_right(verdict(cell, FAULTS[cell.fault]))


def _line(cell: Cell) -> str:
    if cell.missing:
        return f"{cell.fault:12} {cell.tool:11} not tried: {cell.missing}"
    claim = cell.claim
    return (
        f"{cell.fault:12} {cell.tool:11} {verdict(cell, FAULTS[cell.fault]):18} exit {cell.exit}:"
        f" {claim.requests} requests, {claim.errors} failed, p95 {claim.p95_ms} ms {claim.words};"
        f" true: {cell.counted}, {cell.failed} failed"
    )


def kept() -> dict[tuple[str, str], Cell]:
    written = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    cells = map(Cell.load, written)
    return {(c.tool, c.fault): c for c in cells if c.tool in TOOLS and c.fault in FAULTS}


def _keep(cells: dict[tuple[str, str], Cell]) -> None:
    RESULTS.write_text(json.dumps([cell.dump() for cell in cells.values()], indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
