"""A least rate above what the plan offers: a target that does all it is asked for breaches it."""

from __future__ import annotations

from collections.abc import Sequence

from jobload.judge.answers.breaking_point import is_behind
from jobload.judge.cause import Diagnosis
from jobload.judge.checks.outcome import CheckOutcome
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.value_text import value_text
from jobload.measure.figures import ScenarioFigures, StageFigures

RATES_OF_OPERATIONS = ("throughput", "goodput")


def stages_of(spec: CheckSpec, scenario: ScenarioFigures) -> list[StageFigures]:
    return [stage for stage in scenario.stages if spec.is_about(stage.stage)]


def _planned_rate(stages: Sequence[StageFigures]) -> float:
    return sum(s.planned or 0.0 for s in stages) / sum(s.stage.duration_s for s in stages)


def is_above_plan(
    scenario: ScenarioFigures, spec: CheckSpec, stages: Sequence[StageFigures]
) -> bool:
    """A least rate that a target does not come to which does all that the plan has for it."""
    if spec.is_upper_limit or spec.is_relative or spec.endpoint is not None:
        return False
    if spec.kind.statistic not in RATES_OF_OPERATIONS or any(s.planned is None for s in stages):
        return False
    is_above = not spec.holds(_planned_rate(stages))
    return is_above and all(is_behind(scenario, stage) is False for stage in stages)


def too_high(scenario: ScenarioFigures, above: Sequence[CheckOutcome]) -> Diagnosis | None:
    if not (breached := [o.spec for o in above if o.status in ("FAIL", "WARN")]):
        return None
    spec = breached[0]
    return Diagnosis(
        "limit-too-high",
        f"limit too high: {spec.metric} {spec.expect} is expected, and the plan offers"
        f" {value_text(_planned_rate(stages_of(spec, scenario)), '/s')}",
        "Lower the limit, or raise the rate.",
    )
