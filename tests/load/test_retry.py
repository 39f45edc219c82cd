from __future__ import annotations

import pytest

from jobload.load.retry import is_worth_retrying, wait_before_s


def test_pauses_double_from_a_tenth_of_a_second() -> None:
    assert [wait_before_s(retry) for retry in (1, 2, 3, 4)] == [0.1, 0.2, 0.4, 0.8]


@pytest.mark.parametrize(
    ("status", "again"),
    [
        (None, True),
        (500, True),
        (503, True),
        (599, True),
        (600, False),
        (499, False),
        (429, False),
        (404, False),
        (302, False),
        (200, False),
    ],
)
def test_network_errors_and_5xx_are_tried_again_and_nothing_else(
    status: int | None, again: bool
) -> None:
    assert is_worth_retrying(status) is again
