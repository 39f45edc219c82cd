from hypothesis import given
from hypothesis import strategies as st

from jobload.measure.row_ranges import RowRanges

stretches = st.tuples(st.integers(0, 40), st.integers(0, 40))


@given(st.lists(st.tuples(st.booleans(), stretches)), stretches)
def test_it_is_a_set_of_numbers(
    changes: list[tuple[bool, tuple[int, int]]], asked: tuple[int, int]
) -> None:
    ranges, numbers = RowRanges(), set[int]()
    for adds, (first, end) in changes:
        if adds:
            ranges.add(first, end)
            numbers |= {*range(first, end)}
        else:
            ranges.remove(first, end)
            numbers -= {*range(first, end)}
    assert {n for first, end in ranges for n in range(first, end)} == numbers
    assert len(ranges) == len(numbers)
    assert bool(ranges) == bool(numbers)
    first, end = asked
    if first < end:
        assert ranges.holds(first, end) == ({*range(first, end)} <= numbers)
    assert ranges == RowRanges(ranges)


@given(st.lists(stretches))
def test_stretches_are_in_order_and_apart(added: list[tuple[int, int]]) -> None:
    ranges = RowRanges(added)
    edges = [edge for stretch in ranges for edge in stretch]
    assert edges == sorted({*edges})


def test_it_gives_its_first_numbers_away() -> None:
    ranges = RowRanges([(3, 6), (9, 10)])
    assert ranges.pop_first(2) == (3, 5)
    assert ranges.pop_first(2) == (5, 6)
    assert list(ranges) == [(9, 10)]


def test_people_count_from_one_and_are_spared_the_rest() -> None:
    assert RowRanges([(0, 1), (16, 24)]).text() == "1, 17-24"
    assert RowRanges([(n, n + 1) for n in range(0, 40, 2)]).text(3) == (
        "1, 3, 5 and 17 more stretches"
    )
    assert RowRanges().text() == ""
