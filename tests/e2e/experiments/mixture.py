"""V3: percentiles of a mixture of latencies, put in by fixed quota."""

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server

PER_MILLE = {"20": 900, "100": 90, "400": 9, "1500": 1}
EXPECTED_MS = {"p50": 20, "p95": 100, "p99.5": 400, "p99.95": 1500}


def mixture(setting: Setting, claims: Claims) -> None:
    """The percentiles are read from checks, since the result has no p99.5 or p99.95."""
    rate, hold_s = (500, 40) if setting.full_length else (600, 11)
    checks = [{"metric": name, "expect": "<= 10s"} for name in EXPECTED_MS]
    options = write_plan(setting.folder, {"light": steady(100, rate, hold_s)}, {"light": checks})
    with running_server("mixture", per_mille=PER_MILLE, seed=3) as server:
        outcome = setting.run(claims, server, *options, within_s=hold_s + 30)
    succeeded = outcome.stage()["succeeded"]
    claims.near("requests", succeeded, rate * hold_s, 0.005 * rate * hold_s, "")
    for check in outcome.scenario("light")["checks"]:
        if (expected_ms := EXPECTED_MS.get(check["metric"])) is not None:
            claims.near(check["metric"], check["value"], expected_ms, max(2, 0.01 * expected_ms))
