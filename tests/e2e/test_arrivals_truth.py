"""V5 and V8: arrivals start when they should, and it shows when they don't."""

import json
from itertools import pairwise
from pathlib import Path
from statistics import pstdev

import pytest
from scipy import stats

from e2e.accounts import assert_accounts
from e2e.claims import Claims, Ledger
from e2e.load_test import Mode, run_locust
from e2e.plan_files import Fields, steady, write_plan
from e2e.truth_server import running_server

LOCUSTFILES = Path(__file__).parent / "locustfiles"
RATE = 200
BIN_S = 0.1


def _bins(times_s: list[float]) -> list[int]:
    """How many came in each whole tenth of a second."""
    counts = [0] * int((times_s[-1] - times_s[0]) / BIN_S)
    for at_s in times_s:
        position = int((at_s - times_s[0]) / BIN_S)
        if position < len(counts):
            counts[position] += 1
    return counts


@pytest.mark.parametrize("mode", ["local", pytest.param("processes", marks=pytest.mark.long)])
def test_arrivals_come_evenly_or_as_a_poisson_process(
    tmp_path: Path, ledger: Ledger, full_length: bool, mode: Mode
) -> None:
    """V5"""
    hold_s = 60 if full_length else 10
    fields: Fields = {"users_mix": {"NotingSubmitter": 1}}
    options = write_plan(
        tmp_path,
        {
            "even": steady(50, RATE, hold_s, endpoint="/even", **fields),
            "poisson": steady(50, RATE, hold_s, endpoint="/poisson", arrivals="poisson", **fields),
        },
        suites={"both": ["even", "poisson"]},
    )
    with running_server("fixed") as server:
        outcome = run_locust(
            tmp_path,
            *options,
            "--suite",
            "both",
            host=server.url,
            mode=mode,
            locustfile=LOCUSTFILES / "noting.py",
            environ={"E2E_NOTES": str(tmp_path)},
            within_s=2 * hold_s + 40,
        )
        assert_accounts(outcome, server.facts())
        even_s, poisson_s = (server.arrivals_s(f"POST /{name}") for name in ("even", "poisson"))
    print(len(even_s), pstdev(_bins(even_s)))
    gaps_s = [b - a for a, b in pairwise(poisson_s)]
    print(stats.kstest(gaps_s, "expon", args=(0, 1 / RATE)))
    t = poisson_s[::10]
    gaps_s = [b - a for a, b in pairwise(t)]
    print(stats.kstest(gaps_s, "gamma", args=(10, 0, 1 / RATE)))
    notes = sorted(n for f in tmp_path.glob("*.json") for n in json.loads(f.read_text()))
    print(len(notes))
    intended = [n[0] for n in notes][-len(poisson_s):]
    gaps_s = [b - a for a, b in pairwise(intended)]
    print(stats.kstest(gaps_s, "expon", args=(0, 1 / RATE)))
    late = sorted(b - a for a, b in notes)
    print(late[len(late)//2], late[len(late)*99//100], late[-1])
    print(outcome.console[-3000:])
    (tmp_path/"n").write_text(json.dumps([even_s, poisson_s]))
    assert 0
