"""V8: a generator that stands still shows in response times, and often enough it invalidates."""

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
    """Each block makes two arrivals late: the one it begins with, and the next, by 50 ms."""
    jobs: dict[str, Job] = {
        "once": partial(_run, setting, claims, "once", every=0),
        "once a second": partial(_run, setting, claims, "often", every=RATE),
    }
    with Background(jobs) as background:
        once, often = (background[name] for name in jobs)
    for name, outcome in (("once", once), ("once a second", often)):
        hold = outcome.stage()
        response_ms, service_ms = hold["response_time_ms"], hold["service_time_ms"]
        claims.at_least(f"{name}: response time, max", response_ms["max"], BLOCK_MS, "ms")
        claims.at_most(f"{name}: service time, max", service_ms["max"], BLOCK_MS - 1, "ms")
    claims.equal("once: status", once.status, "PASS")
    claims.equal("once: the stall is listed as", once.validity("no-stall")["status"], "WARN")
    claims.equal("once a second: status", often.status, "INVALID")
    claims.equal("once a second: exit code", often.exit_code, 3)
    claims.equal("once a second: because of", [*often.complaints], ["schedule-kept"])


def _run(setting: Setting, claims: Claims, name: str, every: int) -> Outcome:
    hold_s = 30 if setting.full_length else 15
    folder = setting.folder / name
    scenario = steady(10, RATE, hold_s, warm_up_s=1, users_mix={"BlockedSubmitter": 1})
    options = write_plan(folder, {"light": scenario})
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
