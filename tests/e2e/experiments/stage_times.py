"""V16: each worker's stages and seconds lie where planned, whatever comes late or joins."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from e2e.claims import Claims
from e2e.experiments.experiment import Setting, claim_accounts
from e2e.load_test import LoadTest
from e2e.outcome import Outcome
from e2e.plan_files import Fields, write_plan
from e2e.truth_server import TruthServer, running_server

Stretch = tuple[float, float]

EXACT_S = 0.05
WARM_UP_S, FAST_S, SLOW_S = 1.0, 3.3, 2.0
FAST, SLOW = 200, 20
STAGES = (
    ("warm-up", WARM_UP_S, SLOW),
    ("fast", FAST_S, FAST),
    ("slow", SLOW_S, SLOW),
    ("fast-again", FAST_S, FAST),
)
STEADY_CHECK: Fields = {
    "metric": "throughput",
    "expect": f">= {0.9 * FAST}/s",
    "stage": "fast",
    "window": "1s",
    "for": "1s",
}
SECONDS_WITHIN = 12
"""Requests: where the rate changes within a second, a worker's clock that is wrong by 50 ms puts
ten into another one."""


def slow_to_wake(setting: Setting, claims: Claims, *, first_s: float) -> None:
    """Its first answer takes so long."""
    server = running_server("slow-to-wake", first_s=first_s, latency_ms=5)
    with server as target, _load_test(setting, target) as test:
        stretches = _stretches_of_workers(claims, test.outcome(within_s=40), target)
    within_s = (
        EXACT_S + 2.0 / FAST
    )  # the arrival next to the end of a stage is one gap away from it
    for worker, ((fast_s, fast_end_s), (again_s, again_end_s)) in enumerate(stretches):
        for what, took_s, planned_s in (
            ("fast", fast_end_s - fast_s, FAST_S),
            ("fast and slow", again_s - fast_s, FAST_S + SLOW_S),
            ("fast again", again_end_s - again_s, FAST_S),
        ):
            claims.near(f"worker {worker}: {what}", took_s, planned_s, within_s, "s")
    for (begin_s, _), (other_s, _) in pairwise([fast for fast, _ in stretches]):
        claims.at_most("they begin fast apart", abs(other_s - begin_s), EXACT_S, "s")


def joining(setting: Setting, claims: Claims) -> None:
    """One worker takes a second to start, and so comes in the first stage that counts."""
    server = running_server("fixed", latency_ms=5)
    with server as target, _load_test(setting, target, workers=1) as test:
        target.wait_into_load(0.5)
        test.add_worker()
        outcome = test.outcome(within_s=40)
        stretches = _stretches_of_workers(claims, outcome, target)
    told = outcome.validity("workers-complete")["actual"]
    claims.that("told", "joined late", told, "joined late" in told)
    for (_, end_s), (_, late_end_s) in pairwise([fast for fast, _ in stretches]):
        claims.at_most("they end fast apart", abs(late_end_s - end_s), EXACT_S, "s")
    for (begin_s, _), (late_begin_s, _) in pairwise([again for _, again in stretches]):
        claims.at_most("they begin again apart", abs(late_begin_s - begin_s), EXACT_S, "s")


@contextmanager
def _load_test(setting: Setting, target: TruthServer, workers: int = 2) -> Iterator[LoadTest]:
    stages: list[Fields] = [
        {"name": name, "duration": f"{s}s", "users": 20, "rate": rate, "judged": name != "warm-up"}
        for name, s, rate in STAGES
    ]
    scenario = {"shape": "staged", "stages": stages, "payload_bytes": 256}
    plan = write_plan(setting.folder, {"light": scenario}, {"light": [STEADY_CHECK]})
    with LoadTest(setting.folder, *plan, host=target.url, mode="workers", workers=workers) as test:
        yield test


def _stretches_of_workers(
    claims: Claims, outcome: Outcome, target: TruthServer
) -> list[tuple[Stretch, Stretch]]:
    claims.equal("came to", (outcome.exit_code, outcome.status), (0, "PASS"))
    claim_accounts(claims, outcome, target)
    _claim_seconds(claims, outcome, target)
    stretches = [_stretches(at_s) for at_s in target.arrivals_of_processes_s()]
    claims.equal("fast stages of each worker", [len(each) for each in stretches], [2, 2])
    return [(each[0], each[1]) for each in stretches if len(each) == 2]


def _claim_seconds(claims: Claims, outcome: Outcome, target: TruthServer) -> None:
    """What the run says of its seconds is what came in them. Its first act was to ask the target
    whether it is there."""
    told: dict[int, int] = {}
    for stage in outcome.stages:
        seconds = stage["seconds"]
        for second, started in zip(seconds["second"], seconds["started"], strict=True):
            told[second] = told.get(second, 0) + started
    probed_s, arrivals_s = target.arrivals_s("GET /")[0], target.arrivals_s()
    came = {n: _in_second(arrivals_s, probed_s + n) for n in range(max(told) + 1)}
    wrong = {
        second: (told.get(second, 0), count)
        for second, count in came.items()
        if abs(told.get(second, 0) - count) > SECONDS_WITHIN
    }
    claims.equal("seconds told otherwise than came", wrong, {})


def _in_second(arrivals_s: Sequence[float], since_s: float) -> int:
    return sum(since_s <= at_s < since_s + 1 for at_s in arrivals_s)


def _stretches(arrivals_s: Sequence[float]) -> list[Stretch]:
    """When the arrivals of one of two workers came fast: from the first such to the last."""
    gap_s = 1.0 / SLOW
    found: list[Stretch] = []
    for before_s, at_s in pairwise(arrivals_s):
        if at_s - before_s > gap_s:
            continue
        if found and found[-1][1] == before_s:
            found[-1] = found[-1][0], at_s
        else:
            found.append((before_s, at_s))
    return [(begin_s, end_s) for begin_s, end_s in found if end_s - begin_s > 10 * gap_s]
