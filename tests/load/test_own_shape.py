"""Somebody's own shape, as its locustfile finds it again in `environment.shape_class`."""

from __future__ import annotations

from copy import copy
from types import SimpleNamespace
from typing import Any

import pytest
from locust import LoadTestShape

from jobload.load.own_shape import OwnShape, OwnTick


class Waiting(LoadTestShape):
    """It goes on when its locustfile says so."""

    users: int | None = None

    def tick(self) -> tuple[int, float] | None:
        return None if self.users is None else (self.users, 1.0)

    def double(self) -> None:
        assert self.users is not None
        self.users *= 2


def test_what_a_locustfile_sets_and_calls_there_is_its_own_shapes() -> None:
    found: Any = OwnShape(Waiting())  # type: ignore[no-untyped-call]  # Locust has no types there
    ask = found.begin(SimpleNamespace(user_count=7))
    assert (found.users, ask()) == (None, None)
    found.users = 2
    found.double()
    assert (found.users, ask()) == (4, OwnTick(4, 1.0))


@pytest.mark.parametrize("name", ["begin", "conductor", "default", "name", "plays"])
def test_names_of_ours_may_be_its_own_as_well(name: str) -> None:
    inner: Any = Waiting()  # type: ignore[no-untyped-call]  # Locust has no types there
    found: Any = OwnShape(inner)
    setattr(found, name, 5)
    assert getattr(inner, name) == 5
    assert found.begin(None)() is None


def test_a_tick_that_a_locustfile_puts_there_is_asked() -> None:
    found: Any = OwnShape(Waiting())  # type: ignore[no-untyped-call]  # Locust has no types there
    found.tick = lambda: (3, 1.0)
    assert found.begin(None)() == OwnTick(3, 1.0)
    assert found.tick.__self__ is found


def test_a_copy_has_the_same_own_shape() -> None:
    inner: Any = Waiting()  # type: ignore[no-untyped-call]  # Locust has no types there
    copied: Any = copy(OwnShape(inner))
    copied.users = 3
    assert inner.users == 3


def test_what_locust_has_in_every_shape_is_there() -> None:
    found: Any = OwnShape(Waiting())  # type: ignore[no-untyped-call]  # Locust has no types there
    found.runner = SimpleNamespace(user_count=7)
    assert found.get_current_user_count() == 7
    assert found.get_run_time() < 60


def test_what_is_nowhere_is_told_by_the_name_of_the_own_shape() -> None:
    found: Any = OwnShape(Waiting())  # type: ignore[no-untyped-call]  # Locust has no types there
    with pytest.raises(AttributeError, match="'Waiting' object has no attribute 'usres'"):
        found.usres  # noqa: B018  # to look is the test
