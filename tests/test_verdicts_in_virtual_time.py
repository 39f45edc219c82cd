"""What a target or the generator did, by other rates, users, moments and numbers of processes than
real runs have time for: whose fault it is found to be, and never the other's."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from virtual_run import Answer, Disturbance, Target, judged, virtual_figures, virtual_run

from jobload.judge.verdict import ScenarioVerdict
from jobload.measure.figures import RunFigures
from jobload.plan.scenario import Scenario, load_scenario

pytestmark = pytest.mark.slow
WARM_UP_S = 1.0
ANY_ERRORS = {"metric": "error_rate", "expect": "<= 100%"}
P99 = {"metric": "p99", "expect": "<= 500ms"}
P95 = {"metric": "p95", "expect": "<= 500ms"}
EITHER = pytest.mark.parametrize("processes", [1, 2])
Check = dict[str, Any]


def scenario(rate: float, users: int, hold_s: float, **fields: Any) -> Scenario:
    stages: list[dict[str, object]] = [
        {"name": "warm-up", "duration": f"{WARM_UP_S}s", "judged": False},
        {"name": "hold", "duration": f"{hold_s}s"},
    ]
    of_each = {"users": users, "rate": rate}
    return load_scenario(
        {"name": "light", "shape": "staged", "payload_bytes": 10, "retries": 0, "timeout": "2s"}
        | {"stages": [stage | of_each for stage in stages]}
        | fields
    )


def steady(after_s: float = 0.003) -> Target:
    return lambda at_s: Answer(after_s)


def frozen_from(second: float, after_s: float = 0.003) -> Target:
    """Of the judged stage."""
    return lambda at_s: Answer(after_s if at_s < WARM_UP_S + second else None)


def found(
    plan: Scenario, target: Target, *checks: Check, processes: int = 1, **disturbance: float
) -> ScenarioVerdict:
    verdict, _ = virtual_run(plan, target, checks, Disturbance(**disturbance), processes)
    return verdict


def failed(verdict: ScenarioVerdict) -> list[str]:
    return [outcome.spec.metric for outcome in verdict.checks if outcome.status == "FAIL"]


# --- a target that freezes until after the end ---------------------------------------------------

MOMENTS = [
    (60, 8, 6.0, 2.0),
    (60, 400, 10.0, 8.0),  # users enough: nobody is missed, all time out
    (60, 400, 10.0, 9.0),
    (20, 60, 20.0, 1.0),
    (200, 1000, 5.0, 4.5),
    (300, 20, 5.0, 4.5),
    (25, 2, 16.0, 10.5),
    (100, 1, 6.0, 5.0),
]


@EITHER
@pytest.mark.parametrize(("rate", "users", "hold_s", "from_s"), MOMENTS)
def test_a_frozen_target_fails_whether_its_users_are_few_or_many(
    rate: float, users: int, hold_s: float, from_s: float, processes: int
) -> None:
    plan = scenario(rate, max(users, processes), hold_s)
    verdict = found(plan, frozen_from(from_s), ANY_ERRORS, P99, processes=processes)
    assert verdict.status == "FAIL"
    assert "p99" in failed(verdict)
    assert verdict.diagnosis.cause == "target-slow"


@cache
def frozen_in_its_middle(rate: float, users: int, processes: int) -> RunFigures:
    return virtual_figures(
        scenario(rate, users, 8), frozen_from(3), Disturbance(), processes=processes
    )


@EITHER
@pytest.mark.parametrize("users", [4, 400])
@pytest.mark.parametrize("rate", [40, 150])
@pytest.mark.parametrize(
    "more",
    [
        {"grace": "2s"},
        {"for": "4s"},
        {"within": "70%"},
        {"abort": True},
        {"endpoint": "POST /api/v1/jobs"},
    ],
    ids=str,
)
def test_it_fails_however_it_is_looked_at(
    more: Check, rate: float, users: int, processes: int
) -> None:
    windowed = {"window": "2s"} if {"for", "within", "abort"} & {*more} else {}
    check = P95 | windowed | more
    verdict = judged(frozen_in_its_middle(rate, users, processes), [ANY_ERRORS, check])
    assert verdict.status == "FAIL"
    assert "p95" in failed(verdict)


@EITHER
@pytest.mark.parametrize(("rate", "users"), [(60, 8), (70, 300), (150, 20)])
@pytest.mark.parametrize("retries", [1, 3])
def test_it_fails_with_retries_as_well(
    rate: float, users: int, retries: int, processes: int
) -> None:
    plan = scenario(rate, users, 6, retries=retries, timeout="1s")
    verdict = found(plan, frozen_from(3), ANY_ERRORS, P99, processes=processes)
    assert verdict.status == "FAIL"
    assert "p99" in failed(verdict)


@EITHER
@pytest.mark.parametrize(
    ("rate", "users", "hold_s"), [(60, 8, 20.0), (25, 3, 16.0), (200, 20, 17.0)]
)
def test_missed_arrivals_stand_in_the_seconds_that_they_were_planned_for(
    rate: float, users: int, hold_s: float, processes: int
) -> None:
    check = {"metric": "missed", "expect": "<= 50%", "for": "10s"}
    plan = scenario(rate, users - users % processes, hold_s)
    verdict = found(plan, frozen_from(2), ANY_ERRORS, check, processes=processes)
    assert failed(verdict)[0] == "missed"
    (outcome,) = (o for o in verdict.checks if o.spec.for_s)
    assert outcome.actual is not None
    assert 50 < outcome.actual <= 100


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("after_s", [2.5, 9.0])
def test_something_in_between_that_gives_up_in_its_place_changes_nothing(
    after_s: float, processes: int
) -> None:
    """A proxy that answers 504 when the target behind it does not."""

    def target(at_s: float) -> Answer:
        return Answer(0.003) if at_s < WARM_UP_S + 4 else Answer(after_s, status=504)

    plan = scenario(60, 1200, 8, timeout="20s")
    verdict = found(plan, target, ANY_ERRORS, P99, processes=processes)
    assert verdict.status == "FAIL"
    assert "p99" in failed(verdict)


# --- replies that lie unread when a second ends -------------------------------------------------

UNREAD = [
    (40, 50, 0.05, 4.0, {"metric": "max", "for": "2s"}, (0.5, 2.1, 0.01125, 0.5)),
    (20, 50, 0.05, 12.0, {"metric": "max", "within": "90%"}, (0.4, 0.3, 0.0225, 0.0)),
    (40, 20, 0.003, 8.0, {"metric": "max", "within": "90%"}, (0.4, 1.3, 0.015, 0.5)),
    (20, 20, 0.003, 8.0, {"metric": "max", "for": "1s"}, (0.2, 1.3, 0.04, 0.0)),
    (20, 20, 0.05, 4.0, {"metric": "p90", "for": "1s"}, (0.5, 2.1, 0.04, 0.75)),
]


@pytest.mark.parametrize(("rate", "users", "after_s", "hold_s", "limit", "disturbed"), UNREAD)
def test_what_lies_unread_at_the_end_of_a_window_is_not_held_against_the_target(
    rate: float,
    users: int,
    after_s: float,
    hold_s: float,
    limit: Check,
    disturbed: tuple[float, float, float, float],
) -> None:
    block_s, first_s, burn_s, shared = disturbed
    expect = f"<= {1.3 * after_s * 1e3 + 4:g}ms"
    verdict = found(
        scenario(rate, users, hold_s),
        steady(after_s),
        limit | {"expect": expect, "window": "1s"},
        block_s=block_s,
        first_s=first_s,
        burn_s=burn_s,
        shared=shared,
    )
    assert verdict.checks[0].status != "FAIL"
    assert verdict.status != "FAIL"


@EITHER
@pytest.mark.parametrize(("takes", "status"), [(1.0, "PASS"), (0.5, "FAIL")])
def test_few_arrivals_at_random_are_judged_by_what_came(
    processes: int, takes: float, status: str
) -> None:
    """At 2/s the rate of most windows of 5 s is another one, and a target that was asked for less
    is not slow."""
    free_s = 0.0

    def serial(at_s: float) -> Answer:
        nonlocal free_s
        free_s = max(free_s if at_s > 0.5 else 0.0, at_s) + processes / (2.0 * takes)
        return Answer(0.003 if takes == 1.0 else free_s - at_s)

    plan = scenario(2.0, 40, 30.0, arrivals="poisson", timeout="60s")
    least = {"metric": "goodput", "expect": ">= 1.9/s"}
    checks = [least, least | {"within": "90%"}, least | {"for": "5s"}]
    for check in checks:
        verdict = found(plan, serial, check, ANY_ERRORS, processes=processes)
        assert verdict.checks[0].status == status
