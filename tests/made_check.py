"""A check as thresholds.yaml would give it."""

from __future__ import annotations

from jobload.judge.checks.check import evaluate
from jobload.judge.checks.outcome import CheckOutcome
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.measure.figures import ScenarioFigures
from jobload.plan.scenario import Scenario


def check(scenario: Scenario, line: str) -> CheckSpec:
    text = f"scenarios:\n  {scenario.name}:\n    - {{{line}}}\n"
    return load_threshold_file("thresholds.yaml", {scenario.name: scenario}, text=text)[
        scenario.name
    ][0]


def judged(scenario: ScenarioFigures, line: str) -> CheckOutcome:
    return evaluate(check(scenario.scenario, line), scenario)
