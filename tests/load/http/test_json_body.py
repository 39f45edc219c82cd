from __future__ import annotations

from typing import Any

import pytest

from jobload.load.http.json_body import dumped, exactly_parsed, is_rounded, parsed

LARGE = 12345678901234567890123


@pytest.mark.parametrize("value", [LARGE, -LARGE, [1, {"id": LARGE}]])
def test_whole_numbers_of_any_length_come_and_go_as_they_are(value: Any) -> None:
    body = dumped(value)
    assert is_rounded(parsed(body))
    assert exactly_parsed(body) == value


@pytest.mark.parametrize(
    "value", [2**53 + 1, 2**64 - 1, 0.1, "1e400", None, True, [1.5, {"a": "b"}]]
)
def test_all_else_is_read_once(value: Any) -> None:
    assert parsed(dumped(value)) == value
    assert not is_rounded(value)


@pytest.mark.parametrize("body", [b"9" * 5000, b"[" * 1000 + b"1e300" + b"]" * 1000])
def test_what_is_beyond_reason_is_no_crash(body: bytes) -> None:
    try:
        said = parsed(body)
    except ValueError:
        return
    assert is_rounded(said)
    exactly_parsed(body)
