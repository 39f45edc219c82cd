"""A judged stage in which nothing is planned to arrive could only end INVALID."""

from jobload.plan.problem import PlanError, Problem
from jobload.plan.profile import planned_arrivals
from jobload.plan.scenario import Scenario


def check_arrivals(scenario: Scenario) -> None:
    """PlanError naming each judged stage whose planned arrivals round to none."""
    problems = [
        Problem(
            scenario.name,
            None,
            None,
            f"stage {stage.name}",
            f"plans {planned:.2g} arrivals, so there is nothing to judge; raise its rate or its"
            " duration, or do not judge it",
        )
        for stage in scenario.stages()
        if stage.judged and (planned := planned_arrivals(stage)) is not None and round(planned) == 0
    ]
    if problems:
        raise PlanError(problems)
