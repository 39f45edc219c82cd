"""Does a target take the rate of a step?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobload.judge.answers.breaking_point import is_behind
from jobload.judge.checks.check import evaluate_stages
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.metric import RATES
from jobload.judge.validity.schedule import breaches
from jobload.measure.figures import ScenarioFigures, StageFigures


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """`passed` is None when it can't be said; `reason` is empty when it passed."""

    passed: bool | None
    reason: str = ""


def judge_step(
    scenario: ScenarioFigures, stage: StageFigures, checks: Sequence[CheckSpec]
) -> StepOutcome:
    """Says nothing of a target for which the generator did not make the load."""
    if trouble := [*breaches(scenario, stage)]:
        return StepOutcome(None, trouble[0].sentence)
    outcomes = [evaluate_stages(spec, [stage]) for spec in checks if _is_about(spec, stage)]
    record, seconds = stage.record, stage.duration_s
    ended, behind = record.ended_good + record.ended_bad, is_behind(scenario, stage)
    done = f"{ended / seconds:.1f}/s done of {record.offered / seconds:.1f}/s offered"
    failed = [done] if behind else []
    failed += [
        f"{o.spec.metric} {o.actual_text}, expected {o.spec.expect}"
        for o in outcomes
        if o.status == "FAIL"
    ]
    if failed:
        return StepOutcome(False, "; ".join(failed))
    undecided = [f"{done}, and the generator's own delay decides"] if behind is None else []
    undecided += [
        f"{o.spec.metric} undecided, {o.detail}"
        for o in outcomes
        if o.status == "INSUFFICIENT" and o.spec.level == "fail" and _leaves_open(o.spec, stage)
    ]
    return StepOutcome(None, undecided[0]) if undecided else StepOutcome(True)


def _is_about(spec: CheckSpec, stage: StageFigures) -> bool:
    """Whether a check of the scenario is one of this try. What a rate breaches in a step it would
    not keep in the hold. A least rate is of the hold alone, and so is whatever else is to be so
    much there: the first steps offer less than what is hoped for in the end."""
    is_hoped_for = not spec.is_upper_limit and (spec.stage or spec.kind.statistic in RATES)
    is_about = spec.is_of_a_stage and spec.stage in (None, "hold")
    return is_about and (stage.stage.judged or not is_hoped_for)


def _leaves_open(spec: CheckSpec, stage: StageFigures) -> bool:
    """A check of the hold may need all of its time."""
    return stage.stage.judged or spec.stage is None
