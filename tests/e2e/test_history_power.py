"""Issue 17, part 5: `jobload history` finds a step of 5 %, and nothing where nothing is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.claims import Claims, Ledger

SCRIPT = Path(__file__).parents[2] / "verify/history_power.py"


@pytest.mark.long
@pytest.mark.timeout(900)
def test_history_finds_a_step_and_nothing_where_nothing_is(ledger: Ledger) -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True)
    claims = Claims("history, 100 series with a step of 5 % and 100 without")
    found = re.findall(
        r"noise (\w+) 3 %: (\d+) of .* (\d+) found; .* right in (\d+), .* in (\d+)\), (\d+) false",
        done.stdout,
    )
    assert len(found) == 2, done.stdout + done.stderr
    for noise, *counts in found:
        placed, steps, by_likelihood, of_found, alarms = map(int, counts)
        claims.at_most(f"{noise} 3 %: false alarms", alarms, 1)
        if noise == "within":
            claims.at_least("within 3 %: placed within 1 run", placed, 90)
        else:
            what = f"deviation 3 %: placed within 1 run, {steps} found (likeliest: {by_likelihood})"
            claims.at_least(what, placed, of_found - 2)
    if "could not be installed" in done.stdout:
        claims.note("apache-otava could not be installed")
    for noise, said in re.findall(r"(?m)^apache-otava\S+, noise (.*?): (.*)$", done.stdout):
        claims.that(f"{noise}: apache-otava", "told", said, True)
    ledger.settle(claims)
