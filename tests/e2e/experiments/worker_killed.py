"""A job worker that dies again and again: every acknowledged job ends once all the same."""

from collections import Counter
from time import sleep

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.jobs_target import JobsTarget, jobs_target
from e2e.load_test import LoadTest
from e2e.plan_files import steady, write_plan
from e2e.waiting import wait_until

KILLS = 20
RATE = 100
JOB_WORKER = "target_app.job_worker"
FINAL = ("succeeded", "failed", "cancelled")
PREFIX = "jobload:target:"


def worker_killed(setting: Setting, claims: Claims) -> None:
    """A kill every 1.5 s leaves each worker time to start, take jobs and be at work on them."""
    hold_s = 1.5 * KILLS + 15
    options = write_plan(setting.folder, {"light": steady(20, RATE, hold_s, audit=True)})
    with jobs_target(job_workers=1, job_lease_s=0.5, job_duration_ms=20) as target:
        with LoadTest(setting.folder, *options, host=target.url) as test:
            test.wait_for_console("Scenario light")
            for _ in range(KILLS):
                wait_until(lambda: target.processes(JOB_WORKER), 20, "a job worker runs")
                sleep(1.5)
                target.processes(JOB_WORKER)[0].kill()
            outcome = test.outcome(hold_s + 60)
        wait_until(lambda: _all_final(target), 60, "every job has ended")
        ends, attempts = _lives(target, outcome.result["run_id"])
    (scenario,) = outcome.result["scenarios"]
    claims.equal("lost", scenario["audit"]["lost"], 0)
    claims.equal("duplicated", scenario["audit"]["duplicated"], 0)
    claims.equal("jobs by number of ends", dict(ends), {1: scenario["audit"]["stored"]})
    claims.at_least("jobs acknowledged", scenario["audit"]["acknowledged"], 0.9 * RATE * hold_s)
    again = sum(jobs for number, jobs in attempts.items() if number > 1)
    claims.at_least("jobs that a kill hit", again, KILLS / 2)


def _all_final(target: JobsTarget) -> bool:
    stats = target.ask("/-/stats")
    return bool(stats["jobs"] == sum(stats["by_status"][status] for status in FINAL))


def _lives(target: JobsTarget, run_id: str) -> tuple[Counter[int], Counter[int]]:
    """Of the run's jobs, how many have ended so often and how many were begun so often."""
    with target.redis.client() as database:
        rows = database.lrange(f"{PREFIX}run:{run_id}:operations", 0, -1)
        pipeline = database.pipeline(transaction=False)
        for row in rows:
            pipeline.hmget(f"{PREFIX}job:{row[:32].decode()}", "ends", "attempts")
        lives = [(int(ends or 0), int(attempts or 0)) for ends, attempts in pipeline.execute()]
    return Counter(ends for ends, _ in lives), Counter(attempts for _, attempts in lives)
