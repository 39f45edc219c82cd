"""A plain path is walked, and finds what the library finds."""

from __future__ import annotations

import pytest

from jobload.plan.flow.json_path import MISSING, json_path

DOCUMENT = {"jobs": [{"id": 7}, {"id": None}, {"id": "x"}], "a b": {"": 1}, "n": 5}


@pytest.mark.parametrize(
    "text",
    [
        *("$", "$.n", "$.n.m", "$.nothing", "$['a b']['']", "$.jobs", "$.jobs.id", "$.n[0]"),
        *(f"$.jobs[{at}].id" for at in range(-5, 5)),
    ],
)
def test_a_plain_path_finds_what_the_library_finds(text: str) -> None:
    path = json_path(text)
    assert path.keys is not None
    expected = list(path.query.find(DOCUMENT).values())
    assert path.values(DOCUMENT) == expected
    assert path.first(DOCUMENT) == (expected[0] if expected else MISSING)
