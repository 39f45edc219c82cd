"""What a search for the capacity has come to."""

from __future__ import annotations

from dataclasses import dataclass

from jobload.measure.figures import ScenarioFigures, StageFigures
from jobload.plan.shapes.capacity_search import Search, Tried, rate_text


@dataclass(frozen=True, slots=True)
class CapacityFound:
    """It lies between `last_passing` and `first_failing`; without the first nothing passed, without
    the second nothing failed. Unless `confirmed`, the search did not come to its end."""

    text: str
    last_passing: float | None
    first_failing: float | None
    confirmed: bool
    steps: list[tuple[Tried, StageFigures | None]]
    """Without a stage nothing was seen of it."""


def capacity_found(scenario: ScenarioFigures) -> CapacityFound | None:
    """None unless the scenario is a search."""
    search = scenario.search
    if search is None:
        return None
    return CapacityFound(
        text=_text(search),
        last_passing=search.last_passing,
        first_failing=search.first_failing,
        confirmed=search.is_answered,
        steps=[(tried, scenario.stage(tried.stage)) for tried in search.tried],
    )


def _text(search: Search) -> str:
    if search.is_answered:
        return f"{_interval(search)}{', confirmed' if search.failing else ''}"
    why = search.gave_up or "the search did not come to its end"
    return f"no capacity found: {why}" + (f" ({_interval(search)} so far)" if search.tried else "")


def _interval(search: Search) -> str:
    low, high = search.last_passing, search.first_failing
    if low is not None and high is not None:
        return f"capacity between {rate_text(low)}/s and {rate_text(high)}/s"
    if low is not None:
        return f"capacity not reached up to {rate_text(low)}/s"
    return "no capacity" if high is None else f"capacity not even {rate_text(high)}/s"
