from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from locust import LoadTestShape

import shapes
from jobload.plan.plan_file import load_plan_file
from jobload.plan.scenario import SHAPES
from shapes import AdHoc, Capacity, Endurance, Ramp, Spike, StagedShape, StepStress, Suite
from shapes.staged import Tick

PLAN = load_plan_file(Path(__file__).parents[2] / "scenarios.yaml")


class Recording:
    """A conductor that notes what it was asked."""

    def __init__(self, answer: Tick | None) -> None:
        self.answer = answer
        self.armed = 0
        self.asked: list[StagedShape] = []

    def arm(self) -> None:
        self.armed += 1

    def tick(self, shape: StagedShape) -> Tick | None:
        self.asked.append(shape)
        return self.answer


@pytest.fixture
def conductor(monkeypatch: pytest.MonkeyPatch) -> Recording:
    recording = Recording((10, 2.0))
    monkeypatch.setattr(StagedShape, "conductor", recording)
    return recording


def made(shape: Any) -> Any:
    """Locust has no types there."""
    return shape()


@pytest.mark.parametrize(
    ("shape", "plays", "default"),
    [
        (Ramp, "ramp", "light"),
        (Spike, "spike", "spike"),
        (Endurance, "endurance", "endurance"),
        (StepStress, "step_stress", "stress"),
        (Capacity, "capacity", "capacity"),
        (AdHoc, "adhoc", "adhoc"),
        (Suite, None, None),
    ],
)
def test_each_shape_plays_its_kind_of_scenario(
    shape: type[StagedShape], plays: str | None, default: str | None
) -> None:
    assert (shape.plays, shape.default) == (plays, default)
    assert not shape.abstract


def test_what_a_shape_plays_by_default_is_of_its_kind() -> None:
    for shape in StagedShape.__subclasses__():
        if shape.default and shape.plays and shape.default != "adhoc":
            assert PLAN.scenarios[shape.default].shape == shape.plays
        assert shape.plays is None or shape.plays in SHAPES


def test_the_abstract_shape_is_not_offered() -> None:
    assert StagedShape.abstract
    classes = [thing for thing in vars(shapes).values() if inspect.isclass(thing)]
    offered = {c for c in classes if issubclass(c, LoadTestShape) and not c.abstract}
    assert offered == {AdHoc, Capacity, Endurance, Ramp, Spike, StepStress, Suite}


def test_a_shape_asks_its_conductor(conductor: Recording) -> None:
    shape = made(Ramp)
    assert shape.tick() == (10, 2.0)
    conductor.answer = None
    assert shape.tick() is None
    assert conductor.asked == [shape, shape]


def test_a_test_that_starts_arms_the_conductor(conductor: Recording) -> None:
    shape = made(Spike)
    shape.reset_time()
    shape.reset_time()
    assert conductor.armed == 2
    assert shape.get_run_time() < 5.0
    assert conductor.asked == []


def test_a_shape_without_a_conductor_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StagedShape, "conductor", None)
    shape = made(Ramp)
    shape.reset_time()
    with pytest.raises(RuntimeError, match=r"call jobload\.install\(events\)"):
        shape.tick()


def test_a_shape_keeps_nothing_of_a_run(conductor: Recording) -> None:
    """Locust uses one instance for all runs of a process."""
    shape = made(Ramp)
    before = dict(vars(shape))
    shape.reset_time()
    shape.tick()
    assert vars(shape).keys() == before.keys()
