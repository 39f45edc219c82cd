"""V10: replies that lie in the kernel while the process stands still are not the target's."""

from dataclasses import dataclass

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.load_test import LOCUSTFILES
from e2e.outcome import Outcome
from e2e.plan_files import disturbed, steady, write_plan
from e2e.steady_server import steady_server

BLOCK_MS = 150
LATENCY_MS = 3
MIX = {"users_mix": {"DisturbedSubmitter": 1}}
STRICT_MS, LOOSE_MS = 50, 500
SERVICE_P99_MS, LOWER_P99_MS = 3.5, 4


@dataclass(frozen=True)
class Case:
    rate: int
    users: int
    hold_s: int

    @property
    def name(self) -> str:
        return f"at-{self.rate}-with-{self.users}"

    @property
    def upper_p99_ms(self) -> float:
        """A block a second: a share x of the arrivals waits longer than the block less x seconds,
        and of those at `rate` only each whole one can be seen."""
        return BLOCK_MS - 10 - 1e3 / self.rate


SHORT = (Case(50, 4, 7), Case(100, 3, 4), Case(200, 30, 4))
LONG = (Case(20, 2, 30), Case(50, 30, 20), Case(100, 1, 15), Case(200, 10, 15), Case(400, 60, 15))


def unread(setting: Setting, claims: Claims) -> None:
    cases = LONG if setting.full_length else SHORT
    scenarios = {
        c.name: steady(c.users, c.rate, c.hold_s, 1, endpoint=f"/{c.name}", **MIX) for c in cases
    }
    limits = {
        name: [{"metric": "p99", "expect": f"<= {ms}ms"} for ms in (STRICT_MS, LOOSE_MS)]
        for name in scenarios
    }
    scenarios["loose"] = scenarios[cases[1].name]
    limits["loose"] = [{"metric": "p99", "expect": f"<= {LOOSE_MS}ms"}]
    options = write_plan(setting.folder, scenarios, limits, suites={"all": list(scenarios)})
    environ = disturbed({name: {"block_ms": BLOCK_MS} for name in scenarios})
    with steady_server(LATENCY_MS) as server:
        outcome = setting.run(
            claims,
            server,
            *options,
            *("--suite", "all"),
            locustfile=LOCUSTFILES / "disturbed.py",
            environ=environ,
            within_s=sum(c.hold_s + 5 for c in cases) + 60,
        )
        own_us = server.facts()["took_us"]
    claims.at_most("the server's own time, p99", own_us["p99"] / 1e3, SERVICE_P99_MS, "ms")
    for case in cases:
        _claim(claims, outcome, case)
    loose = outcome.scenario("loose")
    claims.equal("loose: status", loose["status"], "PASS")
    claims.equal("loose: diagnosis", loose["diagnosis"]["cause"], "generator-paused")


def _claim(claims: Claims, outcome: Outcome, case: Case) -> None:
    hold, found = outcome.stage("hold", case.name), outcome.scenario(case.name)
    service, upper, lower = (
        hold[key]["p99"]
        for key in ("service_time_ms", "response_time_ms", "response_time_lower_ms")
    )
    claims.at_most(f"{case.name}: service time, p99", service, SERVICE_P99_MS, "ms")
    claims.at_least(f"{case.name}: response time, p99", upper, case.upper_p99_ms, "ms")
    claims.at_most(f"{case.name}: lower response time, p99", lower, LOWER_P99_MS, "ms")
    strict, loose = found["checks"][:2]
    claims.equal(f"{case.name}: p99 <= {STRICT_MS}ms", strict["status"], "INSUFFICIENT")
    decides = "the generator's own delay decides" in strict["detail"]
    claims.equal(f"{case.name}: the generator's own delay decides", decides, True)
    claims.equal(f"{case.name}: p99 <= {LOOSE_MS}ms", loose["status"], "PASS")
    claims.equal(f"{case.name}: status", found["status"], "INVALID")
