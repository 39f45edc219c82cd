"""V5 and V8: arrivals start when they should, and it shows when they don't."""

import json
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import pstdev

import pytest
from scipy import stats

from e2e.accounts import assert_accounts
from e2e.claims import Claims, Ledger
from e2e.load_test import Mode, run_locust
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import together

LOCUSTFILES = Path(__file__).parent / "locustfiles"
RATE = 200
BIN_S = 0.1


@pytest.mark.parametrize("mode", ["local", pytest.param("processes", marks=pytest.mark.long)])
def test_arrivals_come_evenly_or_as_a_poisson_process(
    tmp_path: Path, ledger: Ledger, full_length: bool, mode: Mode
) -> None:
    """V5"""
    hold_s = 60 if full_length else 10
    noted = partial(steady, 50, RATE, hold_s, users_mix={"NotingSubmitter": 1})
    options = write_plan(
        tmp_path,
        {
            "even": noted(endpoint="/even"),
            "poisson": noted(endpoint="/poisson", arrivals="poisson"),
        },
        suites={"both": ["even", "poisson"]},
    )
    with running_server("fixed") as server:
        outcome = run_locust(
            tmp_path,
            *options,
            *("--suite", "both"),
            host=server.url,
            mode=mode,
            locustfile=LOCUSTFILES / "noting.py",
            environ={"E2E_NOTES": str(tmp_path)},
            within_s=2 * hold_s + 40,
        )
        assert_accounts(outcome, server.facts())
        even_s, poisson_s = (server.arrivals_s(f"POST /{name}") for name in ("even", "poisson"))
    even = outcome.stage("hold", "even")["started"]
    poisson = outcome.stage("hold", "poisson")["started"]
    notes = _notes(tmp_path)
    with ledger(f"V5 {mode}") as claims:
        claims.near("started", even, RATE * hold_s, 0.005 * RATE * hold_s, "")
        deviation = pstdev(_per_bin(even_s[-even:]))
        claims.at_most("even: deviation per 100 ms, at the server", deviation, 1)
        late_ms = sorted(1e3 * (start_s - intended_s) for intended_s, start_s in notes)
        claims.at_most("started late, p99", late_ms[len(late_ms) * 99 // 100], 10, "ms")
        _claim_poisson(claims, "intended", [at_s for at_s, _ in notes[-poisson:]], every=1)
        _claim_poisson(claims, "every tenth at the server", poisson_s[-poisson:], every=10)


def _notes(folder: Path) -> list[tuple[float, float]]:
    """(intended start, start) of all arrivals of all processes."""
    files = [path for path in folder.glob("*.json") if path.stem.isdigit()]
    return sorted((a, b) for path in files for a, b in json.loads(path.read_text()))


def _per_bin(times_s: Sequence[float]) -> list[int]:
    """How many came in each whole tenth of a second."""
    bins = [0] * (int((times_s[-1] - times_s[0]) / BIN_S) + 1)
    for at_s in times_s:
        bins[int((at_s - times_s[0]) / BIN_S)] += 1
    return bins[:-1]


def _claim_poisson(claims: Claims, what: str, times_s: Sequence[float], every: int) -> None:
    """Gaps over `every` arrivals follow the gamma distribution, which for 1 is the exponential.

    At the server the timers of the tester and of the server add up to 2 ms of noise: too much for
    single gaps of 5 ms, and nothing to gaps of 50.
    """
    gaps_s = [later - earlier for earlier, later in pairwise(times_s[::every])]
    p = stats.kstest(gaps_s, "gamma", args=(every, 0, 1 / RATE)).pvalue
    claims.at_least(f"poisson: p of the KS test, {what}", p, 0.01)


def test_a_blocked_generator_shows_in_response_times_and_soon_invalidates(
    tmp_path: Path, ledger: Ledger, full_length: bool
) -> None:
    """V8: once is listed and does no harm; once a second, a fifth of all arrivals is late."""
    hold_s = 30 if full_length else 12
    once, often = together(
        [
            partial(_blocked_run, tmp_path / "once", hold_s, every=0),
            partial(_blocked_run, tmp_path / "often", hold_s, every=10),
        ]
    )
    with ledger("V8") as claims:
        for name, outcome in (("once", once), ("once a second", often)):
            hold = outcome.stage()
            response_ms = hold["response_time_ms"]["max"]
            claims.at_least(f"{name}: response time max", response_ms, 150, "ms")
            claims.at_most(f"{name}: service time max", hold["service_time_ms"]["max"], 149, "ms")
        claims.equal("once: status", once.status, "PASS")
        claims.equal("once: listed as", once.validity("no-stall")["status"], "WARN")
        claims.equal("once a second: status", often.status, "INVALID")
        claims.equal("once a second: exit code", often.exit_code, 3)
        claims.equal("once a second: because of", [*often.complaints], ["schedule-kept"])


def _blocked_run(folder: Path, hold_s: int, every: int) -> Outcome:
    scenario = steady(10, 10, hold_s, warm_up_s=1, users_mix={"BlockedSubmitter": 1})
    options = write_plan(folder, {"light": scenario})
    with running_server("fixed") as server:
        outcome = run_locust(
            folder,
            *options,
            host=server.url,
            locustfile=LOCUSTFILES / "blocking.py",
            environ={
                "E2E_GAP_S": "0.1",
                "E2E_FIRST_BLOCK": "30",
                "E2E_BLOCK_EVERY": str(every),
            },
        )
        assert_accounts(outcome, server.facts())
    return outcome
