from __future__ import annotations

import pytest

from jobload.plan.counted import counted


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 windows"), (1, "1 window"), (1250, "1,250 windows")]
)
def test_one_of_many_is_one(count: int, text: str) -> None:
    assert counted(count, "window") == text
