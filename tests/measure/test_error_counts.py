from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jobload.measure.error_counts import MAX_EXAMPLE_CHARACTERS, MAX_KINDS, OTHER, ErrorCounts


def test_a_hundred_thousand_different_texts_stay_bounded_and_are_all_counted() -> None:
    errors = ErrorCounts()
    for n in range(100_000):
        errors.add(f"kind-{n}", f"text {n} ")
    assert len(errors.counts) == MAX_KINDS + 1
    assert len(errors.examples) == MAX_KINDS + 1
    assert sum(errors.counts.values()) == 100_000
    assert errors.counts[OTHER] == 100_000 - MAX_KINDS


def test_a_long_text_is_cut() -> None:
    errors = ErrorCounts()
    errors.add("http-500", "x" * 100_000)
    assert errors.examples["http-500"] == "x" * MAX_EXAMPLE_CHARACTERS


def test_the_first_text_of_a_kind_is_its_example() -> None:
    errors = ErrorCounts()
    errors.add("http-500", "the first")
    errors.add("http-500", "the second")
    assert errors.examples == {"http-500": "the first"}
    assert errors.counts == {"http-500": 2}


def test_an_example_can_be_written_whatever_was_in_the_text() -> None:
    errors = ErrorCounts()
    errors.add("exception-OSError", "no file \udcff")
    assert errors.examples["exception-OSError"].encode() == b"no file ?"


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 2))))
def test_merging_counts_every_error_once(observed: list[tuple[int, int]]) -> None:
    parts = [ErrorCounts() for _ in range(3)]
    for kind, part in observed:
        parts[part].add(f"kind-{kind}", "example")
    merged = ErrorCounts()
    for errors in parts:
        merged.merge(errors)
    assert sum(merged.counts.values()) == len(observed)
    assert len(merged.counts) <= MAX_KINDS + 1
    assert merged.counts.keys() == merged.examples.keys()


def test_a_copy_goes_its_own_way() -> None:
    errors = ErrorCounts()
    errors.add("timeout", "late")
    twin = errors.copy()
    twin.add("timeout", "later")
    twin.add("reset", "gone")
    assert errors.counts == {"timeout": 1}
    assert errors.examples == {"timeout": "late"}


def test_a_target_can_not_command_the_terminal_that_shows_its_errors() -> None:
    errors = ErrorCounts()
    errors.add("http-500", "\x1b]0;owned\x07\x1b[2J\x9b1m red\r\x7f\x00\tline\n")
    assert errors.examples["http-500"] == "�]0;owned��[2J�1m red���\tline\n"


def test_the_lines_of_a_page_are_lines_however_they_end() -> None:
    errors = ErrorCounts()
    errors.add("http-503", "<html>\r\n<head>\n")
    assert errors.examples["http-503"] == "<html>\n<head>\n"
