"""V8: a generator that stands still shows in the upper figures; where they decide, it does."""

from dataclasses import replace
from functools import partial

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.load_test import LOCUSTFILES
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, Job

RATE = 10
BLOCK_MS = 150


def block(setting: Setting, claims: Claims) -> None:
    """Each block makes two arrivals late: the one it begins with, and the next, by 50 ms. In 30 s
    there are as many arrivals as a p99 needs."""
    jobs: dict[str, Job] = {
        "once": partial(_run, setting, claims, "once", every=0, limit_ms=500),
        "strict": partial(_run, setting, claims, "strict", every=RATE, limit_ms=100),
        "loose": partial(_run, setting, claims, "loose", every=RATE, limit_ms=500),
    }
    with Background(jobs) as background:
        found = {name: background[name] for name in jobs}
    for name, outcome in found.items():
        hold = outcome.stage()
        upper_ms, service_ms = hold["response_time_ms"], hold["service_time_ms"]
        lower_ms = hold["response_time_lower_ms"]
        claims.at_least(f"{name}: response time, max", upper_ms["max"], BLOCK_MS, "ms")
        claims.at_most(f"{name}: lower response time, max", lower_ms["max"], BLOCK_MS / 3, "ms")
        claims.at_most(f"{name}: service time, max", service_ms["max"], BLOCK_MS / 3, "ms")
        claims.equal(
            f"{name}: the stall is listed as", outcome.validity("no-stall")["status"], "WARN"
        )
        claims.equal(f"{name}: the measurement is sound", [*outcome.complaints], [])
    claims.equal("once in 30 s: status", found["once"].status, "PASS")
    claims.equal("once a second, p99 <= 500ms: status", found["loose"].status, "PASS")
    late = found["loose"].validity("schedule-kept")
    claims.equal("once a second: late starts are told as", late["status"], "WARN")
    strict = found["strict"]
    claims.equal("once a second, p99 <= 100ms: status", strict.status, "INVALID")
    claims.equal("once a second, p99 <= 100ms: exit code", strict.exit_code, 3)
    (check,) = (c for c in strict.scenario("light")["checks"] if c["metric"] == "p99")
    decides = "the generator's own delay decides" in check["detail"]
    claims.equal("once a second: the generator's own delay decides", decides, True)
    for name, expected in (
        ("once", "none"),
        ("strict", "generator-paused"),
        ("loose", "generator-paused"),
    ):
        claims.equal(f"{name}: diagnosis", found[name].stage()["diagnosis"]["cause"], expected)


def _run(setting: Setting, claims: Claims, name: str, every: int, limit_ms: int) -> Outcome:
    hold_s = 60 if setting.full_length and name != "once" else 30
    folder = setting.folder / name
    scenario = steady(10, RATE, hold_s, warm_up_s=1, users_mix={"BlockedSubmitter": 1})
    limits = {"light": [{"metric": "p99", "expect": f"<= {limit_ms}ms"}]}
    options = write_plan(folder, {"light": scenario}, limits)
    environ = {
        "E2E_GAP_S": str(1 / RATE),
        "E2E_BLOCK_S": str(BLOCK_MS / 1e3),
        "E2E_FIRST_BLOCK": "30",
        "E2E_BLOCK_EVERY": str(every),
    }
    with running_server("fixed") as server:
        return replace(setting, folder=folder).run(
            claims,
            server,
            *options,
            locustfile=LOCUSTFILES / "blocking.py",
            environ=environ,
            within_s=hold_s + 30,
        )
