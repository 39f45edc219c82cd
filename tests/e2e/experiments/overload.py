"""V7: twice what a queue can serve is the target's failure, not the generator's."""

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.plan_files import Fields, write_plan
from e2e.truth_server import running_server

USERS, RATE, SERVED = 50, 200, 100


def overload(setting: Setting, claims: Claims) -> None:
    """Arrival n is due at n / 200 s and served at n / 100 s, so it takes n / 200 s."""
    hold_s = 30 if setting.full_length else 10
    calm = {"name": "calm", "duration": "2s", "users": USERS, "rate": 20, "judged": False}
    hold = {"name": "hold", "duration": f"{hold_s}s", "users": USERS, "rate": RATE}
    scenario: Fields = {"shape": "staged", "stages": [calm, hold], "timeout": "60s"}
    limits = [{"metric": "throughput", "expect": f">= {0.9 * RATE}/s"}]
    options = write_plan(setting.folder, {"light": scenario}, {"light": limits})
    with running_server("serial-queue", service_ms=1e3 / SERVED) as server:
        outcome = setting.run(claims, server, *options, within_s=hold_s + 40)
    stage = outcome.stage()
    started = SERVED * hold_s + USERS
    missed = RATE * hold_s - started
    claims.near("throughput", stage["throughput_rps"], SERVED, 0.05 * SERVED, "/s")
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        expected_ms = share * started / RATE * 1e3
        claims.near(name, stage["response_time_ms"][name], expected_ms, 0.05 * expected_ms)
    claims.near("missed", stage["missed"], missed, 0.05 * missed, "")
    claims.at_most("late while a user was free", stage["generator"]["late"], 0)
    claims.equal("status", outcome.status, "FAIL")
    claims.equal("exit code", outcome.exit_code, 1)
