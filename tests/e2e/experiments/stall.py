"""V1: a server that stands still now and then shows in response times, not in service times."""

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server

LATENCY_MS = 2
PERIOD_STALLS = 10
WITHIN_MS = 30


def stall(setting: Setting, claims: Claims) -> None:
    """The stall is a tenth of the time, so a share q > 0.9 waits at most (10 q - 9) stalls.

    As few users as work off the backlog of a stall in some 30 ms: fewer than 1 % of the requests
    are in flight when one begins, so the p99 of the service time knows nothing of it.
    """
    stall_s, hold_s, users = (1.0, 100, 18) if setting.full_length else (0.5, 5, 9)
    options = write_plan(setting.folder, {"light": steady(users, 200, hold_s)})
    period_s = PERIOD_STALLS * stall_s
    with running_server(
        "stalling", latency_ms=LATENCY_MS, stall_s=stall_s, period_s=period_s
    ) as server:
        outcome = setting.run(claims, server, *options, within_s=hold_s + 30)
    hold = outcome.stage()
    response_ms, service_ms = hold["response_time_ms"], hold["service_time_ms"]
    claims.near("p50", response_ms["p50"], LATENCY_MS, WITHIN_MS)
    for name, share in (("p95", 0.95), ("p99", 0.99), ("p99_9", 0.999)):
        expected_ms = LATENCY_MS + (PERIOD_STALLS * share - 9) * stall_s * 1e3
        claims.near(name, response_ms[name], expected_ms, WITHIN_MS)
    mean_ms = LATENCY_MS + stall_s * 1e3 / 2 / PERIOD_STALLS
    claims.near("mean", response_ms["mean"], mean_ms, min(WITHIN_MS, mean_ms / 2))
    claims.near("service time p99, another number", service_ms["p99"], LATENCY_MS, WITHIN_MS)
