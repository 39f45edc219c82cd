"""Checks on what the shape asks: which side of the limit passes, and what is open."""

from __future__ import annotations

import pytest
from made_check import check
from made_run import spike

from jobload.judge.answers.answers import Answers
from jobload.judge.answers.capacity_found import CapacityFound
from jobload.judge.answers.drift import Drift
from jobload.judge.answers.recovery import Recovery
from jobload.judge.checks.answer_check import check_answer
from jobload.judge.checks.outcome import CheckOutcome
from jobload.plan.scenario import load_scenario


def recovery(expect: str, found: Recovery | None, more: str = "") -> CheckOutcome:
    spec = check(spike(), f'metric: recovery_time, expect: "{expect}"{more}')
    return check_answer(spec, Answers(recovery=found))


def capacity(expect: str, found: CapacityFound | None, more: str = "") -> CheckOutcome:
    scenario = load_scenario(
        {"name": "search", "shape": "capacity", "start_rate": 50, "max_rate": 400, "users": 50}
    )
    spec = check(scenario, f'metric: capacity, expect: "{expect}"{more}')
    return check_answer(spec, Answers(capacity=found))


def found(low: float | None, *, confirmed: bool = True) -> CapacityFound:
    return CapacityFound("as the text says", low, 150.0, confirmed, [])


@pytest.mark.parametrize(
    ("expect", "status"), [("<= 3s", "PASS"), ("<= 2999ms", "FAIL"), ("< 3s", "FAIL")]
)
def test_a_recovery_is_held_against_the_limit_to_the_millisecond(expect: str, status: str) -> None:
    outcome = recovery(expect, Recovery(3.0, 8.0, "back"))
    assert (outcome.status, outcome.actual, outcome.actual_text) == (status, 3000, "3.0 s")


def test_no_recovery_fails_unless_the_stage_was_too_short_to_tell() -> None:
    never = Recovery(None, 8.0, "not back")
    assert recovery("<= 7s", never).status == "FAIL"
    assert recovery("<= 7s", never, ", level: warn").status == "WARN"
    short = recovery("<= 8s", never)
    assert (short.status, short.actual_text) == ("INSUFFICIENT", "over 8.0 s")
    assert short.detail == "not back; the stage is shorter than the limit"


def test_a_recovery_that_only_the_generator_made_late_is_open() -> None:
    late = Recovery(5.0, 8.0, "late", lower=Recovery(2.0, 8.0, "early"))
    outcome = recovery("<= 3s", late)
    assert (outcome.status, outcome.undecided_by) == ("INSUFFICIENT", "generator")
    assert "without it early; with it late" in outcome.detail
    assert recovery("<= 1s", late).status == "FAIL"
    assert recovery("<= 5s", late).status == "PASS"


def test_without_samples_of_it_a_recovery_is_not_known() -> None:
    assert recovery("<= 3s", None).status == "INSUFFICIENT"


@pytest.mark.parametrize(("expect", "status"), [(">= 100/s", "PASS"), (">= 101/s", "FAIL")])
def test_a_capacity_is_the_highest_rate_that_passed(expect: str, status: str) -> None:
    outcome = capacity(expect, found(100.0))
    assert (outcome.status, outcome.actual, outcome.detail) == (status, 100, "as the text says")


def test_where_nothing_passed_the_capacity_is_none_at_all() -> None:
    assert (capacity(">= 1/s", found(None)).status, capacity(">= 1/s", found(None)).actual) == (
        "FAIL",
        0,
    )
    assert capacity(">= 1/s", found(None), ", level: warn").status == "WARN"


def test_a_search_without_an_answer_decides_nothing() -> None:
    open_search = capacity(">= 1/s", found(100.0, confirmed=False))
    assert (open_search.status, open_search.detail) == ("INSUFFICIENT", "as the text says")
    none = capacity(">= 1/s", None)
    assert (none.status, none.detail) == ("INSUFFICIENT", "no capacity found")


@pytest.mark.parametrize(
    ("growth", "low", "worse", "status"),
    [
        (10.0, 1.0, True, "PASS"),
        (10.1, 1.0, True, "FAIL"),
        (50.0, 0.0, True, "PASS"),
        (50.0, 1.0, False, "PASS"),
        (-50.0, -60.0, False, "PASS"),
    ],
)
def test_only_a_drift_that_is_large_and_no_chance_fails(
    growth: float, low: float, worse: bool, status: str
) -> None:
    scenario = load_scenario(
        {"name": "long", "shape": "endurance", "users": 5, "rate": 10, "duration": "120s"}
    )
    spec = check(scenario, 'metric: drift, expect: "<= 10%"')
    outcome = check_answer(
        spec, Answers(drift=Drift("hold", 95, 30, 4, growth, low, 60, worse, True))
    )
    assert (outcome.status, outcome.actual) == (status, growth)
    assert outcome.actual_text == f"{growth:+.1f} %"
