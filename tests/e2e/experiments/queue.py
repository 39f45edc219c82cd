"""V6: response times of a random queue agree with Lindley's recursion."""

from statistics import fmean
from typing import Any

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server

SERVICE_MS = 5
RATE = 160


def queue(setting: Setting, claims: Claims) -> None:
    """An open load sees the queue, a closed one of a single user never does."""
    open_s, closed_s = (300, 30) if setting.full_length else (15, 4)
    options = write_plan(
        setting.folder,
        {
            "open": steady(200, RATE, open_s, endpoint="/open", arrivals="poisson", seed=6),
            "closed": steady(1, None, closed_s, warm_up_s=1, endpoint="/closed"),
        },
        suites={"both": ["open", "closed"]},
    )
    drawn: dict[str, Any] = {"service_ms": SERVICE_MS, "draw": "exponential", "seed": 65}
    with running_server("serial-queue", **drawn) as server:
        within_s = open_s + closed_s + 40
        outcome = setting.run(claims, server, *options, "--suite", "both", within_s=within_s)
        queued = server.facts()["arrivals_and_services_s"]
    hold = outcome.stage("hold", "open")
    seen_ms = hold["response_time_ms"]
    response_ms = sorted(_lindley_ms(queued["POST /open"])[-hold["succeeded"] :])
    mean_ms, p99_ms = fmean(response_ms), response_ms[len(response_ms) * 99 // 100]
    claims.near("open: mean", seen_ms["mean"], mean_ms, 0.05 * mean_ms + 0.5)
    claims.near("open: p99", seen_ms["p99"], p99_ms, 0.1 * p99_ms)
    closed_ms = outcome.stage("hold", "closed")["response_time_ms"]["mean"]
    services_ms = [1e3 * s for _, s in queued["POST /closed"]]
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
