"""What was acknowledged is there once, whatever happens between tester, target and Redis."""

from time import sleep

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.jobs_target import JobsTarget, jobs_target, lossy_way
from e2e.load_test import LoadTest
from e2e.plan_files import steady, write_plan
from e2e.waiting import wait_until

DROPPED, CUT = 0.05, 0.02
API = "target_app"
ERRORS = {"light": [{"metric": "error_rate", "expect": "<= 50%"}]}


def nothing_lost(setting: Setting, claims: Claims) -> None:
    rate, hold_s, enough = (500, 110, 50_000) if setting.full_length else (250, 13, 3_000)
    plan = {"light": steady(60, rate, hold_s, audit=True)}
    options = write_plan(setting.folder, plan, ERRORS)
    with (
        jobs_target(workers=2) as target,
        lossy_way(setting.folder, to_port=target.port, before=DROPPED, after=CUT, seed=5) as way,
    ):
        with LoadTest(setting.folder, *options, host=way.url) as test:
            test.wait_for_console("Scenario light")
            _hurt(target, hold_s / 5)
            outcome = test.outcome(hold_s + 90)
        held = target.ask(f"/-/runs/{outcome.result['run_id']}")["jobs"]
    (scenario,) = outcome.result["scenarios"]
    audit, succeeded = scenario["audit"], outcome.sum("succeeded")
    claims.equal("problem of the audit", audit["problem"], None)
    claims.equal("lost", audit["lost"], 0)
    claims.equal("duplicated", audit["duplicated"], 0)
    claims.equal("acknowledged = succeeded", audit["acknowledged"], succeeded)
    claims.at_least("operations acknowledged", audit["acknowledged"], enough)
    claims.equal("stored = jobs that the target counts", audit["stored"], held)
    doubtful = audit["stored"] - audit["acknowledged"]
    claims.at_most("stored without being acknowledged", doubtful, audit["indeterminate"])
    claims.equal("audit", audit["status"], "PASS")
    requests = sum(way.counts.values())
    claims.near("connections dropped", 100 * way.counts["before"] / requests, 5, 1, "%")
    claims.near("replies cut after the write", 100 * way.counts["after"] / requests, 2, 1, "%")
    claims.at_least("retries", outcome.sum("retries"), way.counts["before"] / 2)


def _hurt(target: JobsTarget, every_s: float) -> None:
    """Redis restarted twice, and between that one of the target's two processes killed."""
    sleep(every_s)
    _restart_redis(target)
    sleep(every_s)
    victim = target.processes(API)[0]
    victim.kill()
    wait_until(lambda: _is_replaced(target, victim.pid), 20, "the killed process is replaced")
    sleep(every_s)
    _restart_redis(target)


def _restart_redis(target: JobsTarget) -> None:
    target.redis.kill()
    target.redis.start()


def _is_replaced(target: JobsTarget, pid: int) -> bool:
    processes = target.processes(API)
    return len(processes) == 2 and pid not in [process.pid for process in processes]
