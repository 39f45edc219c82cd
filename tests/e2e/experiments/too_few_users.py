"""V13: a steady target and too few users: FAIL, and how many it would need."""

from dataclasses import dataclass
from math import ceil

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server

WITHIN = 0.15


@dataclass(frozen=True)
class Case:
    rate: int
    latency_ms: int
    users: int

    @property
    def name(self) -> str:
        return f"{self.rate}-of-{self.latency_ms}ms-with-{self.users}"

    @property
    def needed(self) -> int:
        return ceil(self.rate * self.latency_ms / 1e3)


SHORT = (Case(25, 350, 3), Case(100, 90, 3), Case(200, 60, 4), Case(60, 500, 10))
LONG = (
    Case(25, 350, 6),
    Case(400, 30, 4),
    Case(500, 100, 17),
    Case(10, 900, 3),
    Case(50, 40, 1),
    Case(150, 200, 20),
)


def too_few_users(setting: Setting, claims: Claims) -> None:
    cases, hold_s = (SHORT + LONG, 12) if setting.full_length else (SHORT, 6)
    scenarios = {c.name: steady(c.users, c.rate, hold_s, 1, endpoint=f"/{c.name}") for c in cases}
    options = write_plan(setting.folder, scenarios, suites={"all": list(scenarios)})
    paths = {f"/{c.name}": ("fixed", {"latency_ms": c.latency_ms}) for c in cases}
    with running_server("by-path", paths=paths) as server:
        within_s = len(cases) * (hold_s + 6) + 60
        outcome = setting.run(claims, server, *options, "--suite", "all", within_s=within_s)
    for case in cases:
        found, hold = outcome.scenario(case.name), outcome.stage("hold", case.name)
        claims.equal(f"{case.name}: status", found["status"], "FAIL")
        failed = [check["metric"] for check in found["checks"] if check["status"] == "FAIL"]
        claims.equal(f"{case.name}: fails in", failed, ["missed"])
        claims.equal(f"{case.name}: diagnosis", hold["diagnosis"]["cause"], "too-few-users")
        sentence = hold["diagnosis"]["sentence"]
        named = int(sentence.partition("at least ")[2].partition(",")[0] or 0)
        claims.near(f"{case.name}: users needed", named, case.needed, WITHIN * case.needed + 1, "")
