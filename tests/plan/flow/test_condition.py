"""How a value is shown: whole, unless it is long."""

import pytest

from jobload.plan.flow.condition import SHOWN_CHARACTERS, as_json


@pytest.mark.parametrize("length", [0, 1, SHOWN_CHARACTERS - 2])
def test_a_short_value_is_shown_whole(length: int) -> None:
    assert as_json("x" * length) == '"' + "x" * length + '"'


def test_a_long_value_is_cut_and_says_so() -> None:
    shown = as_json("x" * (SHOWN_CHARACTERS - 1))
    assert shown == '"' + "x" * (SHOWN_CHARACTERS - 2) + "…"
