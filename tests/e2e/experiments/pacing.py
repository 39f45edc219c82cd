"""V5: arrivals come evenly, or as a Poisson process."""

import json
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import pstdev

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.load_test import LOCUSTFILES
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server

RATE = 200
BIN_S = 0.1


def pacing(setting: Setting, claims: Claims) -> None:
    hold_s = 60 if setting.full_length else 6
    noted = partial(steady, 50, RATE, hold_s, users_mix={"NotingSubmitter": 1})
    options = write_plan(
        setting.folder,
        {
            "even": noted(endpoint="/even"),
            "poisson": noted(endpoint="/poisson", arrivals="poisson"),
        },
        suites={"both": ["even", "poisson"]},
    )
    with running_server("fixed") as server:
        outcome = setting.run(
            claims,
            server,
            *options,
            *("--suite", "both"),
            locustfile=LOCUSTFILES / "noting.py",
            environ={"E2E_NOTES": str(setting.folder)},
            within_s=2 * hold_s + 40,
        )
        even_s, poisson_s = (server.arrivals_s(f"POST /{name}") for name in ("even", "poisson"))
    even = outcome.stage("hold", "even")["started"]
    poisson = outcome.stage("hold", "poisson")["started"]
    notes = _notes(setting.folder)
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
    from scipy import stats  # a second, which no other test shall wait for

    gaps_s = [later - earlier for earlier, later in pairwise(times_s[::every])]
    p = stats.kstest(gaps_s, "gamma", args=(every, 0, 1 / RATE)).pvalue
    claims.at_least(f"poisson: p of the KS test, {what}", p, 0.01)
