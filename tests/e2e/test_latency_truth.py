"""V1 to V4: latencies that are known, against the figures that come out."""

import random
from pathlib import Path

import pytest

from e2e.accounts import assert_accounts
from e2e.claims import Ledger
from e2e.load_test import Mode, run_locust
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from jobload.measure.histogram import Histogram

MIXTURE = {"20": 900, "100": 90, "400": 9, "1500": 1}


@pytest.mark.parametrize("mode", ["local", pytest.param("processes", marks=pytest.mark.long)])
def test_a_stalling_server_shows_in_response_times(
    tmp_path: Path, ledger: Ledger, full_length: bool, mode: Mode
) -> None:
    """V1: the stall is a tenth of the time, so a share q > 0.9 waits at most (10 q - 9) stalls."""
    stall_s, hold_s = (1.0, 100) if full_length else (0.5, 10)
    options = write_plan(tmp_path, {"light": steady(300, 200, hold_s)})
    with running_server("stalling", latency_ms=2, stall_s=stall_s, period_s=10 * stall_s) as server:
        outcome = run_locust(tmp_path, *options, host=server.url, mode=mode, within_s=hold_s + 30)
        assert_accounts(outcome, server.facts())
    hold = outcome.stage()
    response, service = hold["response_time_ms"], hold["service_time_ms"]
    with ledger(f"V1 {mode}") as claims:
        claims.near("p50", response["p50"], 2, 30 * stall_s)
        for name, share in (("p95", 0.95), ("p99", 0.99), ("p99_9", 0.999)):
            expected_ms = 2 + (10 * share - 9) * stall_s * 1e3
            claims.near(name, response[name], expected_ms, 30 * stall_s)
        claims.near("mean", response["mean"], 2 + 0.05 * stall_s * 1e3, 30 * stall_s)
        apart_ms = abs(service["p99"] - response["p99"])
        claims.at_least("service time p99 is another number, by", apart_ms, 0.001, "ms")


def test_a_histogram_tells_one_outlier_from_ten_thousand(ledger: Ledger) -> None:
    """V2"""
    samples_us = [1_000] * 10_000 + [100_000_000]
    random.Random(2).shuffle(samples_us)
    whole, parts = Histogram(), [Histogram() for _ in range(4)]
    for position, us in enumerate(samples_us):
        whole.record(us)
        parts[position % 3].record(us)
    merged = Histogram()
    for part in reversed(parts):
        merged.merge(part)
    with ledger("V2") as claims:
        claims.equal("n", whole.count, 10_001)
        claims.equal("p99.99 in µs", whole.percentile_us(99.99), 1_000)
        claims.equal("max in µs", whole.max_us, 100_000_000)
        claims.equal("any split merged is the whole", merged == whole, True)


@pytest.mark.parametrize(
    ("mode", "workers"),
    [
        ("local", 1),
        pytest.param("processes", 2, marks=pytest.mark.long),
        pytest.param("workers", 4, marks=pytest.mark.long),
    ],
)
def test_percentiles_of_a_mixture_are_the_ones_put_in(
    tmp_path: Path, ledger: Ledger, full_length: bool, mode: Mode, workers: int
) -> None:
    """V3"""
    rate, hold_s = (500, 40) if full_length else (400, 10)
    p99_5, p99_95 = (f"p{p}" for p in (99.5, 99.95))
    checks = [
        {"metric": "p50", "expect": "<= 20.5ms"},
        {"metric": p99_5, "expect": "<= 404ms"},
        {"metric": p99_95, "expect": "<= 1515ms"},
    ]
    options = write_plan(tmp_path, {"light": steady(100, rate, hold_s)}, {"light": checks})
    with running_server("mixture", per_mille=MIXTURE, seed=3) as server:
        outcome = run_locust(
            tmp_path, *options, host=server.url, mode=mode, workers=workers, within_s=hold_s + 30
        )
        assert_accounts(outcome, server.facts())
    hold = outcome.stage()
    values = {c["metric"]: c["value"] for c in outcome.scenario("light")["checks"]}
    with ledger(f"V3 {mode} {workers}") as claims:
        claims.near("requests", hold["succeeded"], rate * hold_s, 0.005 * rate * hold_s, "")
        claims.near("p50", hold["response_time_ms"]["p50"], 20, 2)
        claims.near("p95", hold["response_time_ms"]["p95"], 100, 2)
        claims.near("p99.5", values[p99_5], 400, 4)
        claims.near("p99.95", values[p99_95], 1500, 15)


def test_a_limit_of_1000_ms_is_breached_by_1049_ms(tmp_path: Path, ledger: Ledger) -> None:
    """V4: Locust's own statistics keep two digits and say 1000."""
    checks = [{"metric": "p99", "expect": "<= 1000ms"}]
    options = write_plan(tmp_path, {"light": steady(150, 100, 4, 1)}, {"light": checks})
    with running_server("fixed", latency_ms=1049) as server:
        outcome = run_locust(tmp_path, *options, host=server.url)
        assert_accounts(outcome, server.facts())
    with ledger("V4") as claims:
        claims.near("p99", outcome.stage()["response_time_ms"]["p99"], 1050, 4)
        claims.equal("status", outcome.status, "FAIL")
        claims.equal("exit code", outcome.exit_code, 1)
