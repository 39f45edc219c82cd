from collections.abc import Sequence

import pytest

from bench.disturbance import Conditions
from bench.load import Load, Outcome
from bench.share import SHARE_OF_MAXIMUM, TRIES, share_of_maximum

URL = "http://127.0.0.1:1"
PER_S = 1000
QUIET, SHAKEN = Conditions(1.0, 20.0), Conditions(1.1, 20.0)


class Machine:
    """Of which the conditions are known, measurement by measurement."""

    def __init__(self, conditions: Sequence[Conditions]) -> None:
        self._conditions = iter(conditions)
        self.loads: list[Load] = []

    def begin(self) -> None: ...

    def conditions(self) -> Conditions:
        return next(self._conditions)

    def run(self, load: Load) -> Outcome:
        """`missed` tells the measurements of an outcome apart."""
        self.loads.append(load)
        return Outcome(PER_S, 0, 1.0, 1.0, missed=len(self.loads))


def measured(*conditions: Conditions) -> tuple[Outcome, Machine]:
    machine = Machine(conditions)
    return share_of_maximum(machine, machine.run, URL, 1024), machine


def test_it_is_a_share_of_the_maximum_of_the_moment_before() -> None:
    outcome, machine = measured(QUIET, QUIET)
    assert [load.rate for load in machine.loads] == [None, SHARE_OF_MAXIMUM * PER_S]
    assert (outcome.missed, outcome.tries, outcome.disturbed_percent) == (2, 1, 1.0)


def test_where_the_maximum_was_disturbed_there_is_none_to_have_a_share_of() -> None:
    outcome, machine = measured(SHAKEN, QUIET, QUIET)
    assert [load.rate for load in machine.loads] == [None, None, SHARE_OF_MAXIMUM * PER_S]
    assert (outcome.missed, outcome.tries) == (3, 2)


def test_a_disturbed_share_is_tried_again_with_its_maximum() -> None:
    outcome, machine = measured(QUIET, SHAKEN, QUIET, QUIET)
    assert len(machine.loads) == 4
    assert (outcome.missed, outcome.tries) == (4, 2)


def test_a_core_that_has_become_slower_is_a_disturbance() -> None:
    slower = Conditions(0.0, 20.0 * 1.15)
    outcome, _ = measured(QUIET, slower, QUIET, Conditions(0.0, 20.0 * 1.1))
    assert outcome.tries == 2
    assert outcome.disturbed_percent == pytest.approx(0.0)


def test_where_it_is_never_quiet_the_least_disturbed_share_counts() -> None:
    shares = [Conditions(5.0 + (number - 3) ** 2, 20.0) for number in range(TRIES)]
    outcome, machine = measured(*(each for share in shares for each in (QUIET, share)))
    assert (outcome.missed, outcome.tries, outcome.disturbed_percent) == (8, TRIES, 5.0)
    assert len(machine.loads) == 2 * TRIES


def test_where_even_the_maximum_is_never_quiet_the_last_try_counts() -> None:
    outcome, machine = measured(*[SHAKEN] * TRIES, SHAKEN)
    assert len(machine.loads) == TRIES + 1
    assert outcome.disturbed_percent == 1.1


def test_a_failed_operation_ends_the_benchmark() -> None:
    machine = Machine([QUIET])
    with pytest.raises(SystemExit, match="1 of 10 operations failed"):
        share_of_maximum(machine, lambda load: Outcome(10, 1, 1.0, 1.0), URL, 1024)
