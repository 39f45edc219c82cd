import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_app.cursor import MalformedCursorError, cursor_for, read_cursor


@given(st.integers(min_value=0, max_value=(1 << 52) - 1))
def test_a_cursor_leads_back_to_its_position(position: int) -> None:
    assert read_cursor(cursor_for(position)) == position


@given(st.text())
def test_any_other_text_is_malformed_or_means_itself(text: str) -> None:
    try:
        position = read_cursor(text)
    except MalformedCursorError:
        return
    assert cursor_for(position) == text


@pytest.mark.parametrize(
    "text",
    ["", "abc", "0" * 12, "0" * 14, "0" * 12 + "G", "0" * 12 + "A", "0" * 13 + "\n", "٠" * 13],
)
def test_a_cursor_of_another_form_is_malformed(text: str) -> None:
    with pytest.raises(MalformedCursorError):
        read_cursor(text)
