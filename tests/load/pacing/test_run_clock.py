"""A process knows the second of the run from words that take their time to come."""

from __future__ import annotations

import random
from unittest import mock

import gevent
import pytest

from jobload.load.pacing import run_clock
from jobload.load.pacing.run_clock import WORDS, RunClock


class Machine:
    """The clocks of the master and of a worker, whose own counts from another time."""

    def __init__(self, gains: float = 0.0) -> None:
        self.run_s = 0.0
        self._gains = gains
        self.clock = RunClock()

    def perf_counter(self) -> float:
        return 5000.0 + self.run_s * (1 + self._gains)

    def hear(self, after_s: float, on_its_way_s: float) -> None:
        said_s = self.run_s + after_s
        self.run_s = said_s + on_its_way_s
        self.clock.hear(said_s)

    @property
    def error_s(self) -> float:
        return abs(self.clock.elapsed_s - self.run_s)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(run_clock, "perf_counter", machine.perf_counter)
    machine.clock = RunClock()
    return machine


def test_the_word_that_was_quickest_on_its_way_counts(machine: Machine) -> None:
    for on_its_way_s in (4.4, 0.3, 0.002, 2.0):
        machine.hear(1.0, on_its_way_s)
    assert machine.error_s == pytest.approx(0.002)


def test_an_old_word_that_comes_much_later_changes_nothing(machine: Machine) -> None:
    machine.hear(3.0, 0.004)
    machine.run_s = 60.0
    machine.clock.hear(0.5)
    assert machine.error_s == pytest.approx(0.004)


def test_a_late_word_at_first_is_made_good_by_the_next(machine: Machine) -> None:
    machine.hear(0.0, 9.0)
    assert machine.error_s == pytest.approx(9.0)
    machine.hear(0.1, 0.01)
    assert machine.error_s == pytest.approx(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("gains", [-5e-5, 5e-5])
def test_clocks_that_drift_apart_for_a_day_stay_within_50_ms(
    monkeypatch: pytest.MonkeyPatch, gains: float
) -> None:
    machine = Machine(gains)
    monkeypatch.setattr(run_clock, "perf_counter", machine.perf_counter)
    machine.clock = RunClock()
    delays = random.Random(1)
    for _ in range(86_400):
        machine.hear(1.0, 0.0)
        machine.run_s += delays.expovariate(200)
        if machine.run_s > WORDS:
            assert machine.error_s < 0.05


def test_who_waits_for_the_next_second_is_woken_when_the_clock_is_corrected() -> None:
    clock = RunClock()
    woken_s: list[float] = []

    def wait() -> None:
        clock.wait_for_next_second()
        woken_s.append(clock.elapsed_s)

    waiting = gevent.spawn(wait)
    gevent.sleep(0.01)
    clock.hear(7.9)
    waiting.join(0.5)
    assert woken_s == [pytest.approx(7.9, abs=0.05)]
    next_one = gevent.spawn(wait)
    next_one.join(0.5)
    assert woken_s[1:] == [pytest.approx(8.0, abs=0.05)]


def test_a_correction_of_nothing_wakes_nobody() -> None:
    clock = RunClock()
    clock.hear(3.2)
    with mock.patch.object(clock, "_corrected", wraps=clock._corrected) as corrected:
        clock.hear(3.2)
        corrected.set.assert_not_called()
