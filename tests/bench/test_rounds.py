from collections.abc import Iterator

import pytest

from bench import rounds
from bench.external import Run
from bench.load import Load, Outcome
from bench.rounds import TRIES, Plan, run_undisturbed

PLAN = Plan("http://127.0.0.1:1", server_core=0, core=1, reference=None)
KEY = "jobload", "open 200/s"
LOAD = Load(PLAN.url, 1024, rate=200)


@pytest.fixture
def hypervisor(monkeypatch: pytest.MonkeyPatch) -> "Hypervisor":
    machine = Hypervisor()
    monkeypatch.setattr(rounds, "StealWatch", machine.watch)
    return machine


class Hypervisor:
    """Takes what it is told to, measurement by measurement."""

    takes: Iterator[float]

    def watch(self, cores: tuple[int, int]) -> "Hypervisor":
        assert cores == (0, 1)
        return self

    def percent(self) -> float:
        return next(self.takes)


def generator() -> dict[str, Run]:
    """Its first measurement has 1 operation, its second 2, and so on."""
    count = iter(range(1, 100))
    return {"jobload": lambda load: Outcome(next(count), 0, 1.0, 1.0)}


def test_a_quiet_measurement_is_made_once(hypervisor: Hypervisor) -> None:
    hypervisor.takes = iter([1.0])
    outcome = run_undisturbed(PLAN, generator(), KEY, LOAD)
    assert (outcome.operations, outcome.tries, outcome.stolen_percent) == (1, 1, 1.0)


def test_a_disturbed_one_is_made_again_until_it_is_quiet(hypervisor: Hypervisor) -> None:
    hypervisor.takes = iter([7.0, 1.1, 0.0])
    outcome = run_undisturbed(PLAN, generator(), KEY, LOAD)
    assert (outcome.operations, outcome.tries, outcome.stolen_percent) == (3, 3, 0.0)


def test_where_it_is_never_quiet_the_least_disturbed_one_counts(hypervisor: Hypervisor) -> None:
    hypervisor.takes = iter([7.0, 3.0, 2.0, 4.0, 5.0])
    outcome = run_undisturbed(PLAN, generator(), KEY, LOAD)
    assert (outcome.operations, outcome.tries, outcome.stolen_percent) == (3, TRIES, 2.0)


def test_a_failed_operation_ends_the_benchmark(hypervisor: Hypervisor) -> None:
    failing = {"jobload": lambda load: Outcome(10, 1, 1.0, 1.0)}
    hypervisor.takes = iter([0.0])
    with pytest.raises(SystemExit, match="1 of 10 operations failed"):
        run_undisturbed(PLAN, failing, KEY, LOAD)
