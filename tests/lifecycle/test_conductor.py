"""When users change, whatever the event loop's timers and Locust's pauses do."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from jobload.lifecycle.conductor import Conductor
from jobload.plan.stage import Stage

SPIKE = (
    Stage("baseline", 5.0, 10, 10, 4.0, judged=True),
    Stage("ramp-up", 2.0, 10, 50, 4.0, judged=False),
    Stage("spike", 3.0, 50, 50, 4.0, judged=True),
)


class ClockedRun:
    """A run under load in a world where waiting takes exactly as long as it is told to."""

    finishing = awaits_scenario = False
    phase = "load"

    def __init__(self, rings_early_s: float, stages: tuple[Stage, ...]) -> None:
        self.stages = stages
        self.in_scenario_s = 0.0
        self._early_s = rings_early_s
        self.over = SimpleNamespace(wait=self._wait)

    def _wait(self, seconds: float) -> None:
        self.in_scenario_s += max(0.0, seconds - self._early_s)

    def scenario_is_over(self) -> bool:
        return self.in_scenario_s >= 10.0 - 0.002


def ticks(
    rings_early_s: float = 0.0,
    pauses_s: Iterable[float] = [0.0] * 9,
    stages: tuple[Stage, ...] = SPIKE,
) -> list[tuple[float, int]]:
    """(second, users) of each answer. Locust pauses for what the tick has left of a second, and for
    so much more."""
    run = ClockedRun(rings_early_s, stages)
    crew = SimpleNamespace(active=lambda: frozenset({"local"}))
    head: Any = SimpleNamespace(run=run, crew=crew)
    conductor = Conductor(head, opening=SimpleNamespace())  # type: ignore[arg-type]
    shape: Any = None
    told = []
    for pause_s in pauses_s:
        called_s = run.in_scenario_s
        answer = conductor.tick(shape)
        assert answer is not None
        told.append((round(run.in_scenario_s, 2), answer[0]))
        left_s = max(0.0, 1.0 - (run.in_scenario_s - called_s))
        run.in_scenario_s += left_s + 0.0005 + pause_s
    return told


@pytest.mark.parametrize("rings_early_s", [0.0, 0.0004, 0.0009])
def test_the_users_of_a_new_stage_come_with_it_even_if_the_tick_is_awake_first(
    rings_early_s: float,
) -> None:
    assert ticks(rings_early_s) == [
        *((float(second), 10) for second in (1, 2, 3, 4)),
        *((5.0, 20), (6.0, 40)),
        *((float(second), 50) for second in (7, 8, 9)),
    ]


def test_no_second_is_left_out_after_a_stage_that_ends_between_two() -> None:
    stages = (
        Stage("baseline", 2.5, 10, 10, 4.0, judged=True),
        Stage("ramp-up", 3.0, 10, 40, 4.0, judged=False),
        Stage("spike", 4.5, 40, 40, 4.0, judged=True),
    )
    told = ticks(stages=stages)
    assert told[:6] == [(1.0, 10), (2.0, 10), (2.5, 12), (3.0, 20), (4.0, 30), (5.0, 38)]


def test_a_tick_that_comes_too_late_for_an_instant_goes_on_with_the_next() -> None:
    told = ticks(pauses_s=[0.0, 0.0, 0.0, 1.3, 0.0, 0.0])
    assert told[3:] == [(4.0, 10), (6.0, 40), (7.0, 50)]
