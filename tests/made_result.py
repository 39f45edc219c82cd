"""A run with something of everything, judged and made into a result."""

from __future__ import annotations

import pickle
import random
from dataclasses import replace
from functools import cache

from jsonschema import Draft202012Validator
from made_run import Beat, Beats, MadeRun, endurance, light, planned, spike, stress

from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.judge.verdict import judge
from jobload.measure.figures import RunFigures
from jobload.plan.stage import Stage
from jobload.report.result.model import Result
from jobload.report.result.result import build_result
from jobload.report.result.result_schema import result_schema

THRESHOLDS = """\
scenarios:
  light:
    - {metric: throughput, expect: ">= 40/s", stage: hold}
    - {metric: error_rate, expect: "<= 1%"}
    - {metric: p99, expect: "<= 100ms"}
    - {metric: p99.9, expect: "<= 20ms", level: warn}
  spike:
    - {metric: error_rate, expect: "<= 20%"}
    - {metric: recovery_time, expect: "<= 5s"}
    - {metric: p95, expect: "<= 55ms", for: 10s, grace: 2s, stage: spike}
  endurance:
    - {metric: error_rate, expect: "<= 5%", endpoint: "POST /api/v1/jobs"}
    - {metric: error_rate, expect: "<= 5%"}
    - {metric: drift, expect: "<= 10%", level: warn}
"""


def full_run() -> RunFigures:
    """A new one each time, since tests change it; it is made once, which takes a second."""
    run: RunFigures = pickle.loads(_pickled_run())
    return run


@cache
def _pickled_run() -> bytes:
    return pickle.dumps(_full_run())


def _full_run() -> RunFigures:
    """Light passes, spike fails, stress breaks at 150 users, endurance drifts."""
    chance = random.Random(1)

    def spread(median_ms: float, failed_share: float = 0.0) -> Beats:
        def beats(stage: Stage, second: int) -> Beat:
            good = [median_ms * chance.lognormvariate(0, 0.4) for _ in planned()(stage, second).ms]
            failed = round(failed_share * len(good))
            return Beat(ms=good[failed:], failed=failed, retries=3 * failed)

        return beats

    def drifting(stage: Stage, second: int) -> Beat:
        return spread(12 + second / 20)(stage, second)

    def breaking(stage: Stage, second: int) -> Beat:
        beat = spread(30, 0.6 if stage.name == "step-150" else 0.0)(stage, second)
        return replace(beat, error="timeout")

    run = MadeRun()
    run.play(light(), spread(8))
    run.play(
        spike(),
        {
            "baseline": spread(8),
            "ramp-up": spread(20),
            "spike": spread(30, failed_share=1 / 3),
            "recovery": lambda stage, second: spread(40 if second < 3 else 8)(stage, second),
        },
    )
    steps = [f"{kind}-{users}" for users in (50, 100, 150) for kind in ("ramp", "step")]
    ended = "breaking point reached at concurrency 150: 60.0 % errors"
    run.play(stress(), breaking, only=steps, ended_early=ended)
    run.play(endurance(), drifting)
    figures = run.end()
    figures.scenarios[0].stages[1].record.lateness.record(150_000)
    return figures


def checks_of(run: RunFigures, text: str = THRESHOLDS) -> dict[str, tuple[CheckSpec, ...]]:
    scenarios = {scenario.name: scenario.scenario for scenario in run.scenarios}
    return load_threshold_file("thresholds.yaml", scenarios, text=text)


def result_of(run: RunFigures, text: str | None = None) -> Result:
    """Without a text there are only the checks that are implied."""
    checks = checks_of(run, text or f"scenarios: {{{run.scenarios[0].name}: []}}")
    return build_result(
        run,
        judge(run, checks),
        checks,
        plan_configuration={"suite": "full"},
        environment={"versions": {"locust": "2.47.0"}, "cpu_count": 2, "git_revision": None},
    )


@cache
def result_validator() -> Draft202012Validator:
    return Draft202012Validator(result_schema())


@cache
def full_result() -> Result:
    run = full_run()
    return result_of(run, THRESHOLDS)
