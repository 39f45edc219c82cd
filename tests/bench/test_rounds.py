import pytest

from bench.load import Load
from bench.rounds import FEW_ROUNDS, IN_ALL, IN_FEW, Plan, planned

PLAN = Plan("http://127.0.0.1:1", 0, 1, None, True, closed_s=1.0, open_s=2.0)
URL = PLAN.url


@pytest.mark.parametrize(
    ("called", "load"),
    [
        ("closed 8 KiB", Load(URL, 8192, seconds=1.0)),
        ("flow 4 steps", Load(URL, 1024, seconds=1.0, steps=4)),
        ("open 200/s", Load(URL, 1024, seconds=2.0, rate=200)),
    ],
)
def test_a_load_is_what_it_is_called(called: str, load: Load) -> None:
    assert dict(planned(PLAN, 1))["compiled", called] == load


def test_what_no_goal_is_about_is_in_the_first_rounds_only() -> None:
    early, late = ({key for key, _ in planned(PLAN, n)} for n in (FEW_ROUNDS, FEW_ROUNDS + 1))
    assert late == {(name, called) for called, names in IN_ALL.items() for name in names}
    assert early - late == {(name, called) for called, names in IN_FEW.items() for name in names}
