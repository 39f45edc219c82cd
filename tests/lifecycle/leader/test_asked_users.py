"""Users of somebody's own shape, while workers come and go."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent.event import Event

from jobload.lifecycle.leader.asked_users import AskedUsers
from jobload.load.own_shape import OwnTick

pytestmark = pytest.mark.waits

Crew = frozenset[str]
BOTH, ONE = frozenset({"w1", "w2"}), frozenset({"w2"})


class Asked:
    """`ticks` are answered one a second; what `told` has is (users, who has them)."""

    finishing = False
    phase = "load"
    in_scenario_s = 0.0

    def __init__(self, ticks: list[tuple[int, float] | None]) -> None:
        self.over = Event()
        self.told: list[tuple[int, Crew]] = []
        self.ended: list[int] = []
        self.crew = BOTH
        self.rests = False
        self.changed = Event()
        self._answers = iter(ticks)
        self._given: Crew = frozenset()

    def follow(self) -> None:
        processes = SimpleNamespace(
            have_changed=lambda: self.rests or self.crew != self._given,
            give_users=self._give,
            changes_within=self._changes_within,
        )
        runner = SimpleNamespace(start=self._start)
        leader: Any = SimpleNamespace(processes=processes, runner=runner)
        shape: Any = SimpleNamespace(begin=lambda _: self._ask)
        sequence: Any = SimpleNamespace(end=lambda after_s, most: self.ended.append(most))
        run: Any = self
        AskedUsers(leader).follow(run, sequence, shape)

    def _ask(self) -> OwnTick | None:
        return OwnTick.of(next(self._answers))

    def _give(self) -> None:
        self._given, self.rests = self.crew, False

    def _start(self, users: int, spawn_rate: float, user_classes: Any) -> None:
        self.told.append((users, self._given))

    def _changes_within(self, seconds: float, over: Event) -> bool:
        changed = self.changed.wait(seconds)
        self.changed.clear()
        return bool(changed)


def told(ticks: list[tuple[int, float] | None], *events: Callable[[Asked], None]) -> Asked:
    """Half a second after each tick one of the events happens."""
    asked = Asked(ticks)
    for second, event in enumerate(events):
        gevent.spawn_later(second + 0.5, event, asked)
    asked.follow()
    return asked


def _leaves(asked: Asked) -> None:
    asked.crew = ONE
    asked.changed.set()


def _goes_missing(asked: Asked) -> None:
    asked.crew = ONE


def _was_missing(asked: Asked) -> None:
    asked.rests = True


def test_the_same_users_are_told_once() -> None:
    asked = told([(6, 10), (6, 10), (9, 10), None])
    assert asked.told == [(6, BOTH), (9, BOTH)]
    assert asked.ended == [9]


def test_when_one_leaves_others_have_its_users_at_once() -> None:
    asked = told([(6, 10), None], _leaves)
    assert asked.told == [(6, BOTH), (6, ONE)]


def test_when_one_is_missing_others_have_its_users_with_the_next_tick() -> None:
    asked = told([(6, 10), (6, 10), None], _goes_missing)
    assert asked.told == [(6, BOTH), (6, ONE)]


def test_one_that_is_back_has_users_again_with_the_next_tick() -> None:
    asked = told([(6, 10), (6, 10), None], _was_missing)
    assert asked.told == [(6, BOTH), (6, BOTH)]
