import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobload.plan.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("1m30s", 90),
        ("500ms", 0.5),
        ("1.5s", 1.5),
        ("2h", 7200),
        ("1h1m1s1ms", 3661.001),
        ("5m", 300),
        ("0s", 0),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("number", ["30", "1.5", "0"])
def test_a_plain_number_is_refused_with_a_sentence_that_names_the_unit(number: str) -> None:
    with pytest.raises(ValueError, match=rf"{number} has no unit; write {number}s for seconds"):
        parse_duration(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "30 s",
        "30sec",
        "30s1m",
        "1m1m",
        "-5s",
        "-5",
        "+5",
        "1e3s",
        "٣s",
        "5s\n",
        ".5s",
        "1:30",
        "nans",
    ],
)
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration such as 30s, 1m30s or 500ms"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (90.0, "1m30s"),
        (3600.0, "1h"),
        (0.5, "500ms"),
        (0.0, "0s"),
        (1.5, "1.5s"),
        (61.25, "61.25s"),
    ],
)
def test_a_duration_is_written_as_people_would(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.floats(min_value=0, max_value=604800))
def test_what_is_written_reads_back_as_exactly_the_same_seconds(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == seconds
