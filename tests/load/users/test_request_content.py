from __future__ import annotations

import pytest

from jobload.load.flow.request_writer import UnsendableError
from jobload.load.http.reply import Reply
from jobload.load.users.request_content import check_headers, content_of
from jobload.load.users.response import Response

ID = 12345678901234567890123


@pytest.mark.parametrize(
    "header",
    [
        {"X": "a\r\nX-Other: b"},
        {"X": "a\r\n\r\nGET /another HTTP/1.1"},
        {"X": "日"},
        {"X: a\r\nY": "b"},
        {"": "a"},
        {"host": "other.example"},
        {"Content-Length": "3"},
        {"Transfer-Encoding": "chunked"},
    ],
)
def test_no_header_becomes_others_or_another_request(header: dict[str, str]) -> None:
    with pytest.raises((ValueError, UnsendableError)):
        check_headers(header)


def test_what_headers_may_have_they_have() -> None:
    check_headers({"X-Name": "Jürgen\t\xff", "Connection": "close", "Cookie": ""})


def test_a_field_of_a_form_may_have_several_values() -> None:
    body, _ = content_of(None, {"a": [1, "b c"], "d": "ef"}, None)
    assert body == b"a=1&a=b+c&d=ef"


def test_an_id_of_any_length_goes_from_a_reply_into_a_request_with_all_its_digits() -> None:
    said = Response(Reply(200, b'{"id": %d, "of": 1.5}' % ID, b"")).json()
    assert said == {"id": ID, "of": 1.5}
    assert content_of(said, None, None)[0] == b'{"id":%d,"of":1.5}' % ID
