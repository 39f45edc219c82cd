"""Issue 4, part 6: `jobload compare` finds what has changed, and only that."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.claims import Claims, Ledger

SCRIPT = Path(__file__).parents[2] / "verify/compare_power.py"
PAIRS = 20


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_compare_finds_a_quarter_more_latency_and_nothing_where_nothing_is(ledger: Ledger) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--pairs", str(PAIRS)], capture_output=True, text=True
    )
    match = re.search(r": (\d+) alarms of identical runs .*, (\d+) of 25 %", done.stdout)
    assert match, done.stdout + done.stderr
    claims = Claims(f"compare, {PAIRS} pairs of 3 runs of 8 s a side")
    claims.at_most("alarms of identical runs", int(match[1]), PAIRS / 10)
    claims.at_least("25 % more latency found", int(match[2]), 0.9 * PAIRS)
    ledger.settle(claims)
