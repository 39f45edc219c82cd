"""What a search has come to, in figures and in a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_run import Beat, MadeRun, light, planned

from jobload.judge.answers.capacity_found import CapacityFound, capacity_found
from jobload.measure.figures import ScenarioFigures
from jobload.plan.shapes.capacity_search import Probe, Search

LOW, HIGH = (50.0, 100.0), (150.0,)


def of(search: Search | None, figures: ScenarioFigures | None = None) -> CapacityFound | None:
    played = figures or MadeRun().play(light(), planned())
    return capacity_found(replace(played, search=search))


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


def test_each_step_has_the_figures_of_its_stage() -> None:
    beats = {
        "ramp-up": planned(),
        "hold": lambda stage, second: Beat(ms=[20.0] * 30, failed=10),
    }
    figures = MadeRun().play(light(ramp_up="5s", duration="15s"), beats)
    search = Search.begin(50, 400, 0.1).after(False, "too slow")
    tried = replace(search.tried[0], stage="hold")
    found = of(replace(search, tried=(tried,)), figures)
    assert found is not None
    (step,) = found.steps
    assert (step.stage, step.phase, step.rate) == ("hold", "double", 50)
    assert (step.passed, step.reason) == (False, "too slow")
    assert step.throughput_rps == pytest.approx(40)
    assert step.error_rate_percent == 25
    assert step.p99_ms == pytest.approx(20, rel=0.001)


def test_a_step_of_which_nothing_was_seen_has_no_figures() -> None:
    search = Search.begin(50, 400, 0.1).after(None, "the machine was busy")
    assert search.probe == Probe("double", 50, times=2)
    found = of(search)
    assert found is not None
    (step,) = found.steps
    assert (step.passed, step.throughput_rps, step.p99_ms) == (None, None, None)
