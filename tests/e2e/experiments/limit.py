"""V4: a limit of 1000 ms is breached by 1049 ms, which Locust's own figures round to 1000."""

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server

LATENCY_MS = 1049


def limit(setting: Setting, claims: Claims) -> None:
    checks = [{"metric": "p99", "expect": "<= 1000ms"}]
    options = write_plan(setting.folder, {"light": steady(150, 100, 4, 1)}, {"light": checks})
    with running_server("fixed", latency_ms=LATENCY_MS) as server:
        outcome = setting.run(claims, server, *options, within_s=40)
    p50_ms = outcome.stage()["response_time_ms"]["p50"]
    claims.near("p50", p50_ms, LATENCY_MS, 0.01 * LATENCY_MS)
    claims.equal("status", outcome.status, "FAIL")
    claims.equal("exit code", outcome.exit_code, 1)
