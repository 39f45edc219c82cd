"""The files of a draft, read back as a run would read them before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobload.init.draft import Draft, Flow, Pause, Step
from jobload.init.scenarios_text import RATE, scenarios_text, step_fields
from jobload.init.tidy import tidy
from jobload.init.yaml_lines import yaml_lines
from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.plan.plan_file import load_plan_file
from jobload.plan.problem import PlanError, option_problem

SCENARIOS, THRESHOLDS = "scenarios.yaml", "thresholds.yaml"
_THRESHOLDS = """\
# What must hold, or the run is a FAIL. Run once, look at the figures, then write down what is
# good enough; these limits are a beginning.
scenarios:
  {scenario}:
    - {{metric: throughput, expect: ">= {throughput:g}/s", stage: hold}}
    - {{metric: error_rate, expect: "<= 1%"}}
    - {{metric: p95, expect: "<= 1s"}}           # of the response time of a whole operation
"""


def checked_files(draft: Draft) -> dict[str, bytes]:
    """PlanError if nothing is left of it that can be sent."""
    tidy(draft)
    draft.flows = [flow for flow in draft.flows if _has_steps(draft, flow)]
    if not draft.flows:
        reasons = "; ".join(each.reason for each in draft.left_out)
        raise PlanError([option_problem(draft.source, f"has nothing to send: {reasons}")])
    tidy(draft)
    scenarios = scenarios_text(draft)
    thresholds = _THRESHOLDS.format(scenario=draft.scenario, throughput=0.9 * RATE)
    plan_file = load_plan_file(SCENARIOS, scenarios)
    load_threshold_file(THRESHOLDS, plan_file.scenarios, text=thresholds)
    return {SCENARIOS: scenarios.encode(), THRESHOLDS: thresholds.encode()} | draft.files


def _has_steps(draft: Draft, flow: Flow) -> bool:
    """Once those are left out that a plan does not allow, whatever their source says."""
    flow.steps = [*_possible(draft, flow)]
    return any(isinstance(step, Step) for step in flow.steps)


def _possible(draft: Draft, flow: Flow) -> Iterator[Step | Pause]:
    known: dict[str, Any] = dict.fromkeys(draft.variables, "x")
    for step in flow.steps:
        if isinstance(step, Pause):
            yield step
        elif flaw := _flaw(step, known):
            draft.leave_out(f"they can't be sent as they are: {flaw}", step.name)
        else:
            known |= dict.fromkeys(step.capture, "x")
            yield step


def _flaw(step: Step, known: dict[str, Any]) -> str | None:
    """What a plan of this step alone is told."""
    plan = {"shape": "ramp", "users": 1, "duration": "1m", "steps": [step_fields(step)]}
    document = {"scenarios": {"x": plan | ({"variables": known} if known else {})}}
    try:
        load_plan_file(SCENARIOS, "\n".join(yaml_lines(document)))
    except PlanError as error:
        problem = error.errors[0]
        return f"{problem.key.removeprefix('scenarios.x.steps[0]').lstrip('.')} {problem.message}"
    return None
