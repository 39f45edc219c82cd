import json
from typing import Any

import pytest

from target_app.jobs import InvalidJobError, id_for, is_id, new_id, read_job, read_key


def body(**changes: Any) -> bytes:
    return json.dumps({"job_name": "a", "args": {}, "priority": 1} | changes).encode()


def nested(levels: int) -> bytes:
    """A body that is nested this deep: the object, its args, and arrays inside."""
    inside = b"[" * (levels - 2) + b"]" * (levels - 2)
    return b'{"job_name": "a", "args": {"x": %b}}' % inside


@pytest.mark.parametrize(
    "accepted",
    [
        body(),
        body(job_name="x" * 200),
        body(priority=2.0),
        body(job_name="Zürich 漢字 🚀"),
        body(args={"x": [1, 2.5, None, True, {"y": "z"}]}),
        body(args={"text": "a backslash and u0000: \\u0000"}),
        b'{"job_name": "a", "args": {}}',
        nested(64),
    ],
)
def test_a_job_is_accepted(accepted: bytes) -> None:
    assert read_job(accepted).args == json.loads(accepted)["args"]


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        (400, b""),
        (400, b"{"),
        (400, b'{"job_name": "\xff", "args": {}}'),
        (400, b'{"job_name": "a", "args": {"x": "\xff"}}'),
        (400, b'{"job_name": "a", "args": {"x": "\xed\xa0\x80"}}'),
        (400, b'{"job_name": "a", "args": {"x": NaN}}'),
        (400, b'{"job_name": "a", "args": {"x": Infinity}}'),
        (400, b'{"job_name": "a", "args": {}} {}'),
        (422, b"[]"),
        (422, b"null"),
        (422, b'{"job_name": "\\ud800", "args": {}}'),
        (422, b'{"job_name": "a", "args": {"x": "\\udc00 "}}'),
        (422, b'{"job_name": "a", "args": {"x": 1e999}}'),
        (422, b'{"job_name": "a", "args": {"x": %b}}' % (b"9" * 5000)),
        (422, body(job_name="a\x00")),
        (422, body(args={"x": ["\x00"]})),
        (422, body(args={"\x00": 1})),
        (422, body(job_name="")),
        (422, body(job_name="x" * 201)),
        (422, body(job_name=7)),
        (422, body(priority=-1)),
        (422, body(priority=3)),
        (422, body(priority=True)),
        (422, body(priority=1.5)),
        (422, body(args=[])),
        (422, body(args=None)),
        (422, b'{"args": {}}'),
        (422, body(colour="red")),
        (422, nested(65)),
        (422, nested(100_000)),
    ],
)
def test_a_job_is_refused(status: int, refused: bytes) -> None:
    with pytest.raises(InvalidJobError) as error:
        read_job(refused)
    assert error.value.status == status


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    for refused in (body(secretword=1), body(job_name={"secretword": 1}), b"secretword"):
        with pytest.raises(InvalidJobError) as error:
            read_job(refused)
        assert "secretword" not in str(error.value)


def test_one_key_means_one_job_id_and_no_key_a_new_one() -> None:
    assert id_for("k") == id_for("k") != id_for("l")
    assert new_id() != new_id()
    assert is_id(id_for("k"))
    assert is_id(new_id())


@pytest.mark.parametrize("text", ["", "x", "0" * 31, "0" * 33, "G" * 32, "0" * 31 + "\n"])
def test_other_texts_are_no_ids(text: str) -> None:
    assert not is_id(text)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("abc", "abc"),
        ('"abc"', "abc"),
        ("x" * 255, "x" * 255),
        ("", None),
        ('""', None),
        ('"', None),
        ("x" * 256, None),
        ("a b", None),
        ("schlüssel", None),
        ('a"b', None),
    ],
)
def test_a_key_comes_quoted_or_bare(header: str, key: str | None) -> None:
    assert read_key(header) == key
