from __future__ import annotations

import pytest

from jobload.report.text.seconds_text import seconds_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0.2 s"), (1.5, "1.5 s"), (30.004, "30 s"), (0.0, "0 s"), (1_209_600.0, "1209600 s")],
)
def test_a_stage_of_less_than_a_second_has_a_length(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text
