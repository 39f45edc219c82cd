from __future__ import annotations

import pytest

from jobload.measure.observed_series import ObservedSeries


def series(*samples: tuple[float, float | None], every_s: float = 2.0) -> ObservedSeries:
    made = ObservedSeries("cpu", "up", "%", every_s)
    for at_s, value in samples:
        if value is None:
            made.lack(at_s, "no data", "the query gives no series now")
        else:
            made.add(at_s, value)
    return made


def test_a_stretch_has_the_samples_within_it() -> None:
    made = series((0.1, 1.0), (2.1, 2.0), (4.1, 3.0), (6.1, 4.0))
    assert made.between(2.0, 6.1).values == [2.0, 3.0]
    assert made.between(7.0, 9.0).values == []


@pytest.mark.parametrize(
    ("samples", "gap_s", "is_hole"),
    [
        ([(0, 1.0), (2, 1.0), (4, 1.0), (6, 1.0), (8, 1.0)], 2, False),
        ([(0, 1.0), (2, None), (4, 1.0), (6, 1.0), (8, 1.0)], 4, False),
        ([(0, 1.0), (2, None), (4, None), (6, 1.0), (8, 1.0)], 6, True),
        ([(6, 1.0), (8, 1.0)], 6, True),
        ([(0, 1.0), (2, 1.0)], 8, True),
        ([], 10, True),
    ],
)
def test_two_samples_missed_in_a_row_are_a_hole_and_one_is_none(
    samples: list[tuple[float, float | None]], gap_s: float, is_hole: bool
) -> None:
    stretch = series(*samples).between(0, 10)
    assert stretch.longest_gap_s == gap_s
    assert stretch.has_hole is is_hole


def test_what_is_missing_is_counted_by_its_reason() -> None:
    made = series((0, 1.0), (2, None), (4, None))
    made.lack(6, "unreachable", "connect-refused")
    assert made.lacks == {"no data": 2, "unreachable": 1}
    assert made.between(3, 9).lacks == {"no data": 1, "unreachable": 1}
    assert made.examples["unreachable"] == "connect-refused"
    assert [*made.samples()] == [(0, 1.0), (2, None), (4, None), (6, None)]


def test_the_newest_figure_is_one_until_it_is_stale_or_followed_by_none() -> None:
    made = series((0, 1.0), (2, 5.0), (4, None))
    assert [made.latest(at) for at in (-1, 1, 3, 4.5)] == [None, 1.0, 5.0, None]
    assert series((0, 1.0)).latest(5.1) is None
