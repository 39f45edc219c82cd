"""V11: a generator whose core another program shares, or that stands still at a high rate.

The target, a server in C, has a core of its own and keeps every limit by far.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.child import child, cores, running_on
from bench.server import server as fast_server
from e2e.accounts import differences
from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from e2e.load_test import LOCUSTFILES, run_locust
from e2e.outcome import Outcome
from e2e.plan_files import Fields, disturbed, steady, write_plan

SERVICE_P99_MS = 0.5
HOG = """
import sys, time
busy_s, every_s = map(float, sys.argv[1:])
while True:
    began_s = time.perf_counter()
    while time.perf_counter() - began_s < busy_s:
        pass
    time.sleep(every_s - busy_s)
"""


@dataclass(frozen=True)
class Case:
    """`limit_ms` is ten times what the target ever takes, and less than the generator adds."""

    name: str
    rate: int
    users: int
    hog_busy_ms: float = 0.0
    hog_every_ms: float = 0.0
    disturbance: Fields | None = None
    limit_ms: float = 5.0


PAUSE = {"block_ms": 80, "blocks": 1, "every_s": 2}
SHORT = (
    Case("a-quarter", 9_000, 50, hog_busy_ms=10, hog_every_ms=40),
    Case("one-pause", 35_000, 50, disturbance=PAUSE),
)
LONG = (
    Case("a-quarter-in-large-pieces", 9_000, 50, hog_busy_ms=50, hog_every_ms=200),
    Case("a-quarter-in-small-pieces", 9_000, 200, hog_busy_ms=2, hog_every_ms=8),
    Case("a-half", 6_000, 20, hog_busy_ms=20, hog_every_ms=40),
    Case("one-pause-few-users", 25_000, 10, disturbance=PAUSE),
    Case("pauses", 20_000, 50, disturbance={"block_ms": 30, "every_s": 1}),
)


def shared_core(setting: Setting, claims: Claims) -> None:
    if len(set(cores())) < 2:
        claims.that("cores", "2", "1, so it can't be measured here", True)
        return
    for case in SHORT + LONG if setting.full_length else SHORT:
        outcome = _run(setting, case)
        claims.equal(f"{case.name}: V9: differences", differences(outcome.result), [])
        hold = outcome.stage()
        service_ms = hold["service_time_ms"]["p99"]
        claims.at_most(f"{case.name}: service time, p99", service_ms, SERVICE_P99_MS, "ms")
        upper_ms, lower_ms = (hold[f"response_time{end}"]["p99"] for end in ("_ms", "_lower_ms"))
        text = f"{lower_ms:.3f} to {upper_ms:.3f} ms, {outcome.status}"
        held = outcome.status != "FAIL"
        claims.that(f"{case.name}: response time, p99", "never FAIL", text, held)
        failed = [c["metric"] for c in outcome.scenario("light")["checks"] if c["status"] == "FAIL"]
        claims.equal(f"{case.name}: checks that fail", failed, [])


def _run(setting: Setting, case: Case) -> Outcome:
    server_core, core = cores()
    folder = setting.folder / case.name
    mix = {"DisturbedSubmitter" if case.disturbance else "JobSubmitter": 1}
    hold_s = 12 if setting.full_length else 5
    scenario = steady(case.users, case.rate, hold_s, 1, users_mix=mix)
    limits = [{"metric": name, "expect": f"<= {case.limit_ms}ms"} for name in ("p95", "p99")]
    options = write_plan(folder, {"light": scenario}, {"light": limits})
    with (
        fast_server(server_core) as (_, url),
        running_on(core),
        _hog(core, case),
    ):
        return run_locust(
            folder,
            *options,
            host=url,
            mode=setting.mode,
            workers=setting.workers,
            locustfile=LOCUSTFILES / "disturbed.py",
            environ=disturbed({"light": case.disturbance or {}}),
            within_s=hold_s + 60,
        )


@contextmanager
def _hog(core: int, case: Case) -> Iterator[None]:
    if not case.hog_busy_ms:
        yield
        return
    figures = (str(case.hog_busy_ms / 1e3), str(case.hog_every_ms / 1e3))
    with child([sys.executable, "-c", HOG, *figures], core) as process:
        try:
            yield
        finally:
            process.kill()
