"""Redis away for ten seconds under load: nobody waits for it, and all is well when it is back."""

from collections.abc import Callable
from functools import partial
from time import monotonic, sleep

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.jobs_target import JobsTarget, jobs_target
from e2e.load_test import LoadTest
from e2e.plan_files import steady, write_plan
from e2e.waiting import wait_until

RATE = 200
AWAY_S = 10
EXPECT = {"status": ["200-299", 503]}
"""A refusal counts as an answer, so that the time of every request is among the figures."""

Way = tuple[Callable[[JobsTarget], None], Callable[[JobsTarget], None]]
HANGS: Way = (lambda target: target.redis.hold(), lambda target: target.redis.let_go())
KILLED: Way = (lambda target: target.redis.kill(), lambda target: target.redis.start())


def redis_stopped(setting: Setting, claims: Claims, way: Way) -> None:
    """As many users as can wait for a second each, which is what a hanging Redis makes them do."""
    stop, go_on = way
    hold_s = AWAY_S + 10
    plan = {"light": steady(RATE + 50, RATE, hold_s, retries=0, expect=EXPECT)}
    options = write_plan(setting.folder, plan)
    with jobs_target(workers=1) as target:
        with LoadTest(setting.folder, *options, host=target.url) as test:
            test.wait_for_console("Scenario light")
            sleep(5)
            stop(target)
            sleep(AWAY_S)
            go_on(target)
            back_s = monotonic()
            wait_until(target.accepts_jobs, 10, "the target accepts jobs")
            claims.at_most("back after Redis", monotonic() - back_s, 1, "s")
            outcome = test.outcome(hold_s + 60)
        seen = target.ask(f"/-/runs/{outcome.result['run_id']}")
        claims.equal("tracebacks", target.log.read_text().count("Traceback"), 0)
        claims.at_most("lines in the log", len(target.log.read_text().splitlines()), 3)
    hold = outcome.stage()
    claims.at_most("longest wait", hold["service_time_ms"]["max"], 1000, "ms")
    claims.equal("failed otherwise", outcome.sum("failed") + outcome.sum("censored"), 0)
    # What Redis had been sent when it froze may be done, and so counted, after it was refused.
    twice = seen["requests"] - outcome.sum("attempts")
    claims.that("seen twice", "0 to 200", str(twice), 0 <= twice <= RATE)
    refused = outcome.sum("succeeded") - seen["jobs"]
    claims.near("refused", refused, RATE * AWAY_S, 0.15 * RATE * AWAY_S, "requests")


redis_hangs = partial(redis_stopped, way=HANGS)
redis_killed = partial(redis_stopped, way=KILLED)
