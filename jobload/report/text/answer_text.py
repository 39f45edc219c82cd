"""What was found of a scenario's recovery, drift and capacity, in words, or why nothing was."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.judge.answers.drift import NO_DRIFT
from jobload.judge.answers.recovery import NO_RECOVERY
from jobload.report.result import model


def answer_lines(scenario: model.Scenario) -> Iterator[str]:
    stages = {stage.name: stage.judged for stage in scenario.stages}
    if scenario.recovery is not None:
        yield f"recovery: {scenario.recovery}"
    elif {"baseline", "recovery"} <= stages.keys():
        yield f"recovery: not known, {NO_RECOVERY}"
    if scenario.drift is not None:
        yield f"drift: {scenario.drift.text}"
    elif scenario.configuration.get("shape") == "endurance" and any(stages.values()):
        yield f"drift: not known, {NO_DRIFT}"
    if scenario.capacity is not None:
        yield scenario.capacity.text


def detail_beside_answers(scenario: model.Scenario, check: model.Check) -> str:
    """What is said of a check, unless an answer says it."""
    told = any(check.detail in line for line in answer_lines(scenario))
    return "" if told else check.detail
