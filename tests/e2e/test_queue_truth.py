"""V6 and V7: queues, whose response times follow from arrivals and services."""

from pathlib import Path
from statistics import fmean

from e2e.accounts import assert_accounts
from e2e.claims import Ledger
from e2e.load_test import run_locust
from e2e.plan_files import Fields, steady, write_plan
from e2e.truth_server import running_server

SERVICE_MS = 5


def test_response_times_of_a_random_queue_follow_lindley(
    tmp_path: Path, ledger: Ledger, full_length: bool
) -> None:
    """V6: an open load sees the queue, a closed one of a single user never does."""
    open_s, closed_s = (300, 30) if full_length else (20, 6)
    options = write_plan(
        tmp_path,
        {
            "open": steady(200, 160, open_s, endpoint="/open", arrivals="poisson", seed=6),
            "closed": steady(1, None, closed_s, warm_up_s=1, endpoint="/closed"),
        },
        suites={"both": ["open", "closed"]},
    )
    queue = {"service_ms": SERVICE_MS, "draw": "exponential", "seed": 65}
    with running_server("serial-queue", **queue) as server:
        outcome = run_locust(
            tmp_path,
            *options,
            *("--suite", "both"),
            host=server.url,
            within_s=open_s + closed_s + 40,
        )
        facts = server.facts()
        assert_accounts(outcome, facts)
    hold = outcome.stage("hold", "open")
    queued = facts["arrivals_and_services_s"]
    response_ms = _lindley_ms(queued["POST /open"])[-hold["succeeded"] :]
    services_ms = [1e3 * s for _, s in queued["POST /closed"]]
    seen_ms = hold["response_time_ms"]
    closed_ms = outcome.stage("hold", "closed")["response_time_ms"]["mean"]
    with ledger("V6") as claims:
        mean_ms, p99_ms = fmean(response_ms), sorted(response_ms)[len(response_ms) * 99 // 100]
        claims.near("open: mean", seen_ms["mean"], mean_ms, 0.05 * mean_ms + 0.5)
        claims.near("open: p99", seen_ms["p99"], p99_ms, 0.1 * p99_ms)
        claims.near("closed: mean", closed_ms, fmean(services_ms), 0.05 * SERVICE_MS + 0.5)


def _lindley_ms(arrivals_and_services_s: list[tuple[float, float]]) -> list[float]:
    """W' = max(0, W + S - T): what each waits, from the wait and service of the one before."""
    response_ms = []
    wait_s, service_s, before_s = 0.0, 0.0, arrivals_and_services_s[0][0]
    for arrival_s, own_s in arrivals_and_services_s:
        wait_s = max(0.0, wait_s + service_s - (arrival_s - before_s))
        service_s, before_s = own_s, arrival_s
        response_ms.append(1e3 * (wait_s + service_s))
    return response_ms


def test_twice_the_load_a_queue_can_serve_is_the_targets_failure(
    tmp_path: Path, ledger: Ledger, full_length: bool
) -> None:
    """V7: arrival n is due at n / 200 s and served at n / 100 s, so it takes n / 200 s."""
    hold_s, users, rate, served = (30 if full_length else 10), 50, 200, 100
    started = served * hold_s + users
    calm = {"name": "calm", "duration": "2s", "users": users, "rate": 20, "judged": False}
    hold = {"name": "hold", "duration": f"{hold_s}s", "users": users, "rate": rate}
    scenario: Fields = {"shape": "staged", "stages": [calm, hold], "timeout": "60s"}
    limits = [{"metric": "throughput", "expect": f">= {0.9 * rate}/s"}]
    options = write_plan(tmp_path, {"light": scenario}, {"light": limits})
    with running_server("serial-queue", service_ms=1e3 / served) as server:
        outcome = run_locust(tmp_path, *options, host=server.url, within_s=hold_s + 40)
        assert_accounts(outcome, server.facts())
    stage = outcome.stage()
    response_ms = stage["response_time_ms"]
    with ledger("V7") as claims:
        claims.near("throughput", stage["throughput_rps"], served, 0.05 * served, "/s")
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            expected_ms = share * started / rate * 1e3
            claims.near(name, response_ms[name], expected_ms, 0.05 * expected_ms)
        missed = rate * hold_s - started
        claims.near("missed", stage["missed"], missed, 0.05 * missed, "")
        claims.at_most("late while a user was free", stage["generator"]["late"], 0)
        claims.equal("status", outcome.status, "FAIL")
        claims.equal("exit code", outcome.exit_code, 1)
