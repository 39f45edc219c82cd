"""The stages of a scenario while it runs: known from the start, or found on the way."""

from __future__ import annotations

from dataclasses import replace

from jobload.judge.checks.capacity_step import StepOutcome
from jobload.plan.scenario import Scenario
from jobload.plan.shapes.capacity_search import Search
from jobload.plan.shapes.custom import Custom
from jobload.plan.stage import Stage

SHORTEST_S = 0.001


class StageSequence:
    """All stages are known."""

    search: Search | None = None
    is_complete = True

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        self.stages = stages

    def goes_on_after(self, index: int) -> bool:
        return index + 1 < len(self.stages)

    def ends_at_rest(self, index: int) -> bool:
        """Whether a stage ends as soon as nothing is in flight."""
        return False


class SearchSequence(StageSequence):
    """The stages of one try after the other; what came of the last decides on the next."""

    search: Search
    is_complete = False

    def __init__(self, scenario: Scenario, search: Search) -> None:
        self.search = search
        self._scenario = scenario
        super().__init__(scenario.stages_of(search))

    def goes_on_after(self, index: int) -> bool:
        return not self.is_complete

    def ends_at_rest(self, index: int) -> bool:
        return index + 1 == len(self.stages)

    def go_on(self, outcome: StepOutcome, drained_s: float) -> None:
        """The drain at the end of a try took so long; adds the stages of the next, if any."""
        self.search = self.search.after(outcome.passed, outcome.reason)
        *before, step, drain = self.stages
        step = replace(
            step,
            name=self.search.tried[-1].stage,
            judged=step.judged and outcome.passed is True,
        )
        drain = replace(drain, duration_s=max(SHORTEST_S, drained_s))
        self.is_complete = self.search.probe is None
        more = () if self.is_complete else self._scenario.stages_of(self.search)
        self.stages = (*before, step, drain, *more)


class CustomSequence(StageSequence):
    """One stage, as long and with as many users as somebody's own shape has it."""

    is_complete = False

    def end(self, after_s: float, most_users: int) -> None:
        (stage,) = self.stages
        users = max(1, most_users)
        stage = replace(
            stage, duration_s=max(SHORTEST_S, after_s), users_from=users, users_to=users
        )
        self.stages = (stage,)
        self.is_complete = True


def sequence_of(scenario: Scenario) -> StageSequence:
    if isinstance(scenario, Custom):
        return CustomSequence(scenario.stages())
    search = scenario.search()
    return StageSequence(scenario.stages()) if search is None else SearchSequence(scenario, search)
