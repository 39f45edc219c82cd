"""What the shape of a scenario asks, and what the run answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jobload.judge.answers.breaking_point import BreakingPoint, breaking_point
from jobload.judge.answers.capacity_found import CapacityFound, capacity_found
from jobload.judge.answers.drift import Drift, drift
from jobload.judge.answers.recovery import Recovery, recovery
from jobload.measure.figures import ScenarioFigures, StageFigures


@dataclass(frozen=True, slots=True)
class Answers:
    """None where the shape asks something else, or where too little was seen to tell."""

    breaking_point: BreakingPoint | None = None
    recovery: Recovery | None = None
    drift: Drift | None = None
    capacity: CapacityFound | None = None


def answers_of(scenario: ScenarioFigures, passes: Callable[[StageFigures], bool | None]) -> Answers:
    """`passes` tells whether a stage by itself meets the checks that concern it, if it is known."""
    return Answers(
        breaking_point=breaking_point(scenario, passes),
        recovery=recovery(scenario),
        drift=drift(scenario),
        capacity=capacity_found(scenario),
    )
