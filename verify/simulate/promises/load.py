"""Load is made as planned: when, and never more of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import ceil, sqrt

from jobload.measure.figures import ScenarioFigures
from jobload.plan.profile import mean_users, starts_s
from verify.simulate.promises.evidence import (
    AS_SOON_S,
    HARMLESS,
    SILENT_S,
    TOLD_TO_END,
    Evidence,
)

MOVING_S = 0.5
"""A user that stops ends its operation, and the one elsewhere in its place has begun meanwhile."""


def never_too_much(all_: Evidence) -> Iterator[str]:
    """Never more load than planned, from the beginning of a scenario until any moment of it."""
    if all_.status is None:
        return
    for scenario in all_.figures.scenarios:
        if scenario.scenario.rate is None or not scenario.stages:
            yield from _never_too_many(all_, scenario)
            continue
        yield from _never_too_fast(all_, scenario)


def _never_too_fast(all_: Evidence, scenario: ScenarioFigures) -> Iterator[str]:
    began_s, _ = all_.stage_at(scenario.stages[0])
    _, ended_s = all_.stage_at(scenario.stages[-1])
    peak = scenario.scenario.rate or 0.0
    disturbed = bool(
        all_.case.troubles
        or all_.case.late
        or all_.outcome.stood_still
        or any(event.kind not in HARMLESS for event in all_.case.events)
    )
    slack_s = 0.6  # users come and go once a second
    if disturbed:
        slack_s = SILENT_S + 1.0 if _becomes_less(scenario) else 1.5
    planned = _planned_by(scenario)
    times = [t for t in all_.first_times if began_s <= t <= ended_s + AS_SOON_S]
    for number, at_s in enumerate(times, 1):
        plan = planned(at_s - all_.outcome.zero_s)
        slack = 2 + max(1, all_.case.workers) + slack_s * peak + 0.02 * plan
        if scenario.scenario.arrivals == "poisson":
            slack += 5 * sqrt(plan)
        if number > plan + slack:
            yield (
                f"{scenario.name}: {number:,} operations by second"
                f" {at_s - began_s:.2f}, {plan:.0f} planned"
            )
            return


def _becomes_less(scenario: ScenarioFigures) -> bool:
    """Who is cut off then goes on for a while as before."""
    rates = [figures.stage.rate or 0.0 for figures in scenario.stages]
    return any(later < rate for rate, later in pairwise(rates))


def _planned_by(scenario: ScenarioFigures) -> Callable[[float], float]:
    """How many arrivals the plan has until a second of the run."""

    def planned(at_s: float) -> float:
        whole = 0.0
        for figures in scenario.stages:
            stage = figures.stage
            within_s = min(max(at_s - figures.started_s, 0.0), figures.duration_s)
            users = mean_users((stage,), 0.0, min(within_s, stage.duration_s)) if within_s else 0.0
            whole += (stage.rate_per_user or 0.0) * users * within_s
        return whole

    return planned


def _never_too_many(all_: Evidence, scenario: ScenarioFigures) -> Iterator[str]:
    """In the closed model users are the load: what is in flight at once."""
    if not scenario.stages:
        return
    began_s, ended_s = all_.stage_at(scenario.stages[0])[0], all_.stage_at(scenario.stages[-1])[1]
    timeout_s = scenario.scenario.timeout_s
    ours = [a for a in all_.attempts if began_s <= a.at_s <= ended_s]
    edges = sorted(
        [(a.at_s, 1) for a in ours] + [(min(a.answered_s, a.at_s + timeout_s), -1) for a in ours]
    )
    planned = scenario.scenario.most_users
    excess_s, at_once, since_s = 0.0, 0, began_s
    for at_s, step in edges:
        excess_s += max(0, at_once - planned) * (at_s - since_s)
        at_once, since_s = at_once + step, at_s
    if excess_s > _moving_s(all_, scenario):
        yield f"{scenario.name}: more at once than users planned, by {excess_s:.2f} user seconds"


def _moving_s(all_: Evidence, scenario: ScenarioFigures) -> float:
    """Who leaves or gives users away ends what is in flight, for as long as the target takes; and
    who does not hear of it goes on until it rests (seeds 313785, 401378)."""
    case = all_.case
    moves = case.late + sum(event.kind in TOLD_TO_END for event in case.events)
    of_one = ceil(scenario.scenario.most_users / max(1, case.workers))
    longest_s = 0.0 if all_.target_is_sound else scenario.scenario.timeout_s
    if any(
        t.kind in ("cut", "hold", "lose", "slow") and t.direction != "up" for t in case.troubles
    ):
        longest_s += SILENT_S
    return MOVING_S + moves * of_one * longest_s


def stages_on_time(all_: Evidence) -> Iterator[str]:
    """The plan's instants, by nobody's time of day."""
    if all_.status not in ("PASS", "FAIL"):
        return
    still = any(host in ("master", "local") for host, _, _ in all_.outcome.stood_still)
    for scenario in all_.figures.scenarios:
        if scenario.ended_early or scenario.search is not None or still:
            continue
        begins = starts_s(scenario.scenario.stages())
        first_s = scenario.stages[0].started_s
        for stage, planned_s in zip(scenario.stages, begins, strict=False):
            if abs(stage.started_s - first_s - planned_s) > 0.05:
                yield f"{stage.name} began {stage.started_s - first_s - planned_s:+.3f} s off plan"
