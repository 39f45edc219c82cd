"""Locust decides nothing by the time of day."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from locust import main, runners

from jobload.lifecycle.steady_clock import keep_locust_off_the_wall_clock


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (main, runners):
        monkeypatch.setattr(module, "time", time)


def _locusts_time() -> list[Any]:
    return [vars(module)["time"] for module in (main, runners)]


@pytest.mark.parametrize("step_s", [-3600, -41, 3600])
def test_a_step_of_the_wall_clock_is_not_seen(
    monkeypatch: pytest.MonkeyPatch, step_s: float
) -> None:
    keep_locust_off_the_wall_clock()
    wall_s = time.time
    monkeypatch.setattr(time, "time", lambda: wall_s() + step_s)
    for clock in _locusts_time():
        assert clock.time() == pytest.approx(wall_s(), abs=1.0)


def test_it_begins_at_the_time_of_day() -> None:
    keep_locust_off_the_wall_clock()
    for clock in _locusts_time():
        assert clock.time() == pytest.approx(time.time(), abs=0.1)


def test_all_else_of_the_module_is_there() -> None:
    keep_locust_off_the_wall_clock()
    for clock in _locusts_time():
        assert clock.sleep is time.sleep
        assert clock.monotonic is time.monotonic


def test_a_tick_of_a_shape_is_paused_for_by_the_steady_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If Locust no longer asks its module `time`, what we replace there does nothing any more."""
    keep_locust_off_the_wall_clock()
    asked: list[float] = []
    steady = vars(runners)["time"]

    def ask() -> float:
        asked.append(steady.time())
        return asked[-1]

    monkeypatch.setattr(runners, "time", SimpleNamespace(**vars(steady) | {"time": ask}))
    monkeypatch.setattr(gevent, "sleep", lambda seconds: setattr(runner, "state", "over"))
    runner: Any = SimpleNamespace(
        state=runners.STATE_RUNNING,
        shape_last_tick=(1, 1.0),
        environment=SimpleNamespace(shape_class=SimpleNamespace(tick=lambda: (1, 1.0))),
    )
    runners.Runner.shape_worker(runner)
    assert len(asked) == 2
