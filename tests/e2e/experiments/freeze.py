"""V12: a target that freezes until after the end fails, however it is looked at."""

from dataclasses import dataclass, field
from typing import Any

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.plan_files import Fields, steady, write_plan
from e2e.truth_server import TruthServer, running_server

WARM_UP_S = 1
LATENCY_MS = 3
P95 = {"metric": "p95", "expect": "<= 500ms", "window": "2s"}


@dataclass(frozen=True)
class Case:
    """The target freezes `after_s` into the stage that counts. `fails` is the metric that says so,
    besides those that all breach."""

    name: str
    check: Fields | None
    fails: str
    users: int = 8
    rate: int = 60
    hold_s: float = 6
    after_s: float = 2
    fields: Fields = field(default_factory=dict)

    @property
    def scenario(self) -> Fields:
        fields = {"retries": 0, "timeout": "2s"} | self.fields
        return steady(self.users, self.rate, self.hold_s, WARM_UP_S, **fields) | {
            "endpoint": f"/{self.name}"
        }

    @property
    def behaviour(self) -> tuple[str, dict[str, Any]]:
        return "freezes", {"after_s": WARM_UP_S + self.after_s, "latency_ms": LATENCY_MS}


ERRORS_ARE_FINE = {"metric": "error_rate", "expect": "<= 100%"}
# The other ways to look at it are always tried in virtual time (test_verdicts_in_virtual_time.py).
SHORT = (
    Case("p99", {"metric": "p99", "expect": "<= 500ms"}, "p99"),
    Case("implied", None, "missed"),
    Case("abort", P95 | {"abort": True}, "p95"),
    Case(
        "retries",
        {"metric": "p95", "expect": "<= 500ms"},
        "p95",
        fields={"retries": 3, "timeout": "1s"},
    ),
)
LONG = (
    Case("grace", P95 | {"grace": "2s", "window": None}, "p95"),
    Case("for", P95 | {"for": "4s"}, "p95"),
    Case("within", P95 | {"within": "75%"}, "p95"),
    Case(
        "missed-for",
        {"metric": "missed", "expect": "<= 50%", "for": "4s", "window": "2s"},
        "missed",
    ),
    Case(
        "many-users",
        {"metric": "p99", "expect": "<= 500ms"},
        "p99",
        users=400,
        hold_s=10,
        after_s=8,
    ),
    Case(
        "as-seen",
        {"metric": "p99", "expect": "<= 500ms"},
        "p99",
        hold_s=17,
        after_s=6,
        fields={"timeout": "6s"},
    ),
    Case("as-seen-implied", None, "missed", hold_s=17, after_s=6, fields={"timeout": "6s"}),
    Case(
        "at-the-very-end",
        {"metric": "p99", "expect": "<= 200ms"},
        "p99",
        rate=300,
        users=20,
        hold_s=10,
        after_s=9.5,
    ),
    Case("at-once", {"metric": "p99", "expect": "<= 500ms"}, "p99", users=3, rate=200, after_s=0.2),
    Case("one-user", {"metric": "p99", "expect": "<= 500ms"}, "p99", users=1, rate=100, after_s=5),
    Case(
        "missed-for-10s",
        {"metric": "missed", "expect": "<= 50%", "for": "10s"},
        "missed",
        hold_s=20,
        after_s=2,
    ),
    Case(
        "default-retries",
        {"metric": "p95", "expect": "<= 500ms"},
        "p95",
        rate=30,
        fields={"retries": 3, "timeout": "3s"},
    ),
)


def freeze(setting: Setting, claims: Claims) -> None:
    cases = SHORT + LONG if setting.full_length else SHORT
    scenarios = {case.name: case.scenario for case in cases}
    limits = {
        case.name: [ERRORS_ARE_FINE, *([_given(case.check)] if case.check else [])]
        for case in cases
    }
    options = write_plan(setting.folder, scenarios, limits, suites={"all": list(scenarios)})
    paths = {f"/{case.name}": case.behaviour for case in cases}
    with running_server("by-path", paths=paths) as server:
        within_s = sum(case.hold_s + 20 for case in cases) + 60
        outcome = setting.run(claims, server, *options, "--suite", "all", within_s=within_s)
        for case in cases:
            found = outcome.scenario(case.name)
            _claim(claims, server, case, found)
    claims.equal("status", outcome.status, "FAIL")
    claims.equal("exit code", outcome.exit_code, 1)


def _given(check: Fields) -> Fields:
    return {key: value for key, value in check.items() if value is not None}


def _claim(claims: Claims, server: TruthServer, case: Case, found: dict[str, Any]) -> None:
    claims.equal(f"{case.name}: status", found["status"], "FAIL")
    failed = [check["metric"] for check in found["checks"] if check["status"] == "FAIL"]
    claims.that(f"{case.name}: fails in", case.fails, str(failed), case.fails in failed)
    claims.equal(f"{case.name}: diagnosis", found["diagnosis"]["cause"], "target-slow")
    if case.name == "abort":
        return
    planned = case.rate * (WARM_UP_S + case.hold_s)
    begun = server.facts()["keys"][f"POST /{case.name}"]
    missed = sum(stage["missed"] for stage in found["stages"])
    claims.near(f"{case.name}: missed", missed, planned - begun, max(3, 0.01 * planned), "")
