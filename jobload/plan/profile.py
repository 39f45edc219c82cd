"""Users and arrivals as pure functions of the time since a scenario began."""

from collections.abc import Sequence
from itertools import accumulate
from math import floor

from jobload.plan.stage import Stage


def total_s(stages: Sequence[Stage]) -> float:
    return starts_s(stages)[-1]


def starts_s(stages: Sequence[Stage]) -> list[float]:
    """When each stage starts; the last entry is the end of the scenario."""
    return list(accumulate((stage.duration_s for stage in stages), initial=0.0))


def stage_at(stages: Sequence[Stage], elapsed_s: float) -> int:
    """The index of the stage that runs; `len(stages)` once the scenario is over.

    A boundary belongs to the stage that begins there; a time before 0 to the first.
    """
    for index, end_s in enumerate(starts_s(stages)[1:]):
        if elapsed_s < end_s:
            return index
    return len(stages)


def users_at(stages: Sequence[Stage], elapsed_s: float) -> float:
    """How many users run, in between whole numbers on a ramp; 0 once the scenario is over."""
    index = stage_at(stages, elapsed_s)
    if index == len(stages):
        return 0.0
    return _users_in(stages[index], max(0.0, elapsed_s - starts_s(stages)[index]))


def mean_users(stages: Sequence[Stage], from_s: float, to_s: float) -> float:
    """The mean number of users between two times; time outside the scenario counts as none."""
    if to_s <= from_s:
        return users_at(stages, from_s)
    user_seconds = 0.0
    for stage, start_s in zip(stages, starts_s(stages), strict=False):
        begin_s = max(0.0, from_s - start_s)
        end_s = min(stage.duration_s, to_s - start_s)
        if begin_s < end_s:
            mean = (_users_in(stage, begin_s) + _users_in(stage, end_s)) / 2
            user_seconds += mean * (end_s - begin_s)
    return user_seconds / (to_s - from_s)


def next_change_s(stages: Sequence[Stage], elapsed_s: float) -> float:
    """The next whole second of the scenario or end of a stage: users change only then."""
    ends = (end_s for end_s in starts_s(stages) if end_s > elapsed_s)
    return min([floor(elapsed_s) + 1.0, *ends])


def users_until_change(stages: Sequence[Stage], elapsed_s: float) -> float:
    """The mean until the next change, so that a ramp in steps keeps its area."""
    return mean_users(stages, elapsed_s, next_change_s(stages, elapsed_s))


def planned_arrivals(stage: Stage) -> float | None:
    """How many arrivals the plan puts into a stage; None for the closed model."""
    if stage.rate_per_user is None:
        return None
    return stage.rate_per_user * (stage.users_from + stage.users_to) / 2 * stage.duration_s


def _users_in(stage: Stage, elapsed_s: float) -> float:
    share = elapsed_s / stage.duration_s
    return stage.users_from + (stage.users_to - stage.users_from) * share
