import pytest

from bench.goals import Extras, Goal, goals
from bench.load import Outcome
from bench.memory import Memory
from bench.near_maximum import SHARES, NearMaximum
from bench.rounds import Key
from bench.summary import Spread


@pytest.mark.parametrize(
    ("at_least", "at_most", "median", "is_met"),
    [(7.0, None, 7.0, True), (7.0, None, 6.9, False), (None, 2.0, 2.0, True),
     (None, 2.0, 2.1, False)],
)  # fmt: skip
def test_a_goal_is_met_by_the_median(
    at_least: float | None, at_most: float | None, median: float, is_met: bool
) -> None:
    assert Goal("it", at_least, at_most, Spread(median, 0.0, 100.0)).is_met is is_met


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    assert Goal("it", 1.0, None, None).is_met is None


ONE = Spread(1.0, 1.0, 1.0)
NEAR = [NearMaximum(share, 40_000, "PASS", "", 0.5, 1.0) for share in SHARES]
EXTRAS = Extras(1, 1, 1, 1, ONE, ONE, ONE, Memory(1, 1, 1, 1, 1), "compiled", NEAR, [])
PER_S = {("jobload", "closed 1 KiB"): 100, ("compiled", "closed 1 KiB"): 120,
         ("k9", "closed 1 KiB"): 60, ("jobload", "flow 1 step"): 50,
         ("compiled", "flow 1 step"): 66, ("k9", "flow 1 step"): 55}  # fmt: skip


def measured(**without: bool) -> dict[str, Spread | None]:
    done: dict[Key, Outcome] = {
        key: Outcome(per_s, 0, 1.0, 1.0) for key, per_s in PER_S.items() if key[0] not in without
    }
    return {goal.name: goal.measured for goal in goals([done], EXTRAS)}


def test_a_compiled_flow_is_measured_by_the_fixed_request_of_python_alone() -> None:
    name = "{}, flow 1 step: × the fixed request of Python alone, requests/s"
    found = measured()
    assert found[name.format("jobload compiled")] == Spread(0.66, 0.66, 0.66)
    assert found[name.format("jobload in Python alone")] == Spread(0.5, 0.5, 0.5)


def test_against_others_the_compiled_one_counts() -> None:
    found = measured()
    assert found["jobload compiled, closed 1 KiB: × k9, operations/s"] == Spread(2, 2, 2)
    assert found["jobload compiled, flow 1 step: × k9, requests/s"] == Spread(1.2, 1.2, 1.2)


def test_without_it_python_alone_does_not_stand_in() -> None:
    assert measured(compiled=True)["jobload compiled, closed 1 KiB: × k9, operations/s"] is None
