"""What a search has come to, in figures and in a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_run import MadeRun, light, planned

from jobload.judge.answers.capacity_found import CapacityFound, capacity_found
from jobload.plan.shapes.capacity_search import Search

LOW, HIGH = (50.0, 100.0), (150.0,)


def of(search: Search | None) -> CapacityFound | None:
    return capacity_found(replace(MadeRun().play(light(), planned()), search=search))


def ended(passing: tuple[float, ...], failing: tuple[float, ...], gave_up: str = "") -> Search:
    search = Search.begin(50, 400, 0.1).after(True)
    return replace(search, probe=None, passing=passing, failing=failing, gave_up=gave_up)


def text(search: Search) -> str:
    found = of(search)
    assert found is not None
    return found.text


def test_a_scenario_that_does_not_search_has_none() -> None:
    assert of(None) is None


@pytest.mark.parametrize(
    ("passing", "failing", "sentence"),
    [
        (LOW, HIGH, "capacity between 100/s and 150/s, confirmed"),
        (LOW, (), "capacity not reached up to 100/s"),
        ((), HIGH, "capacity not even 150/s, confirmed"),
    ],
)
def test_a_search_that_came_to_its_end_says_between_which_rates(
    passing: tuple[float, ...], failing: tuple[float, ...], sentence: str
) -> None:
    found = of(ended(passing, failing))
    assert found is not None
    assert (found.text, found.confirmed) == (sentence, True)
    assert found.last_passing == (passing[-1] if passing else None)
    assert found.first_failing == (failing[0] if failing else None)


@pytest.mark.parametrize(
    ("passing", "failing", "so_far"),
    [
        (LOW, HIGH, "capacity between 100/s and 150/s so far"),
        (LOW, (), "capacity not reached up to 100/s so far"),
        ((), HIGH, "capacity not even 150/s so far"),
        ((), (), "no capacity so far"),
    ],
)
def test_one_that_gave_up_says_why_and_how_far_it_came(
    passing: tuple[float, ...], failing: tuple[float, ...], so_far: str
) -> None:
    found = of(ended(passing, failing, gave_up="the target lies"))
    assert found is not None
    assert found.text == f"no capacity found: the target lies ({so_far})"
    assert not found.confirmed


def test_one_that_was_stopped_on_its_way_found_none() -> None:
    assert text(Search.begin(50, 400, 0.1)) == (
        "no capacity found: the search did not come to its end"
    )
