from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobload.load.process.state import State, from_wire, to_wire

STATE = State("run", 7, "load", 1, 2, 30.5, 2.5, 10.0, interrupted=True)


def test_a_state_comes_back_as_it_was_said() -> None:
    assert from_wire(to_wire(STATE)) == STATE


@given(st.none() | st.integers() | st.binary() | st.text())
def test_what_is_nothing_of_ours_is_no_state(thing: object) -> None:
    assert from_wire(thing) is None


@pytest.mark.parametrize("text", ["\udcff", '{"run_id": "\udcff"}', "[" * 99_999, '{"x":' * 99_999])
def test_text_that_breaks_decoders_is_no_state(text: str) -> None:
    assert from_wire(text) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phase", "pause"),
        ("seq", -1),
        ("seq", "7"),
        ("position", -1),
        ("stage", -1),
        ("stage", 1.5),
        ("elapsed_s", -0.1),
        ("elapsed_s", None),
        ("rate_per_user", -0.1),
        ("rate_per_user", 1e7),
        ("rate_per_user", "5"),
        ("drain_s", -1),
        ("run_id", None),
        ("interrupted", "yes"),
    ],
)
def test_a_state_with_a_value_that_makes_no_sense_is_none(field: str, value: object) -> None:
    data: dict[str, Any] = {**json.loads(to_wire(STATE)), field: value}
    assert from_wire(json.dumps(data)) is None


@pytest.mark.parametrize(
    "field", ["run_id", "seq", "phase", "position", "stage", "elapsed_s", "rate_per_user"]
)
def test_a_state_that_leaves_something_out_is_none(field: str) -> None:
    data = json.loads(to_wire(STATE))
    del data[field]
    assert from_wire(json.dumps(data)) is None
