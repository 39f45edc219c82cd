import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_app.cursor import MalformedCursorError, cursor_for, read_cursor


@given(st.integers(min_value=1, max_value=9_999_999_999_999_999))
def test_a_cursor_leads_back_to_its_position(position: int) -> None:
    assert read_cursor(cursor_for(position)) == position


@given(st.text())
def test_any_other_text_is_malformed_or_means_itself(text: str) -> None:
    try:
        position = read_cursor(text)
    except MalformedCursorError:
        return
    assert cursor_for(position) == text


@pytest.mark.parametrize("text", ["", "abc", "djE6MQ==", "djE6MDE", "djI6MQ", "djE6LTE", "ÿ"])
def test_a_cursor_that_was_never_given_is_malformed(text: str) -> None:
    with pytest.raises(MalformedCursorError):
        read_cursor(text)
