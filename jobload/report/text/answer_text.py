"""What was found of a scenario's recovery, drift and capacity, in words."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.report.result import model


def answer_lines(scenario: model.Scenario) -> Iterator[str]:
    if scenario.recovery is not None:
        yield f"recovery: {scenario.recovery}"
    if scenario.drift is not None:
        yield f"drift: {scenario.drift.text}"
    if scenario.capacity is not None:
        yield scenario.capacity.text
