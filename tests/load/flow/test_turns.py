from collections import Counter
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from jobload.load.flow.turns import turns

WEIGHTS = st.lists(st.integers(1, 30), min_size=1, max_size=5)


@given(WEIGHTS, st.integers(0, 200), st.integers(0, 20))
def test_at_any_time_each_flow_is_within_an_operation_or_two_of_its_share(
    weights: list[int], count: int, process: int
) -> None:
    taken = Counter(islice(turns(weights, process), count))
    for number, weight in enumerate(weights):
        assert abs(taken[number] - count * weight / sum(weights)) < 2


@given(WEIGHTS, st.integers(0, 20))
def test_a_whole_cycle_has_the_shares_exactly(weights: list[int], process: int) -> None:
    taken = Counter(islice(turns(weights, process), sum(weights)))
    assert [taken[number] for number in range(len(weights))] == weights


def test_processes_begin_at_different_places() -> None:
    firsts = [next(turns([3, 1], process)) for process in range(8)]
    assert 0 < firsts.count(1) < 8
