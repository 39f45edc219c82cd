from __future__ import annotations

import pytest

from jobload.load.http.origin import Origin, OriginError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://127.0.0.1:8000", Origin("http", "127.0.0.1", 8000, "", "127.0.0.1:8000")),
        ("http://api.test", Origin("http", "api.test", 80, "", "api.test")),
        ("http://api.test:80/", Origin("http", "api.test", 80, "", "api.test")),
        ("https://api.test", Origin("https", "api.test", 443, "", "api.test")),
        ("https://api.test:80", Origin("https", "api.test", 80, "", "api.test:80")),
        ("HTTP://API.Test", Origin("http", "api.test", 80, "", "api.test")),
        (" http://api.test/v1/ ", Origin("http", "api.test", 80, "/v1", "api.test")),
        ("http://my_host", Origin("http", "my_host", 80, "", "my_host")),
        ("http://[::1]:8000", Origin("http", "::1", 8000, "", "[::1]:8000")),
        ("http://[2001:DB8::0]", Origin("http", "2001:db8::", 80, "", "[2001:db8::]")),
        ("http://bücher.test", Origin("http", "xn--bcher-kva.test", 80, "", "xn--bcher-kva.test")),
    ],
)
def test_an_address_has_these_parts(text: str, expected: Origin) -> None:
    assert Origin.parse(text) == expected


def test_an_origin_reads_as_its_address() -> None:
    assert str(Origin.parse("http://[::1]:8000/api/")) == "http://[::1]:8000/api"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no scheme"),
        ("127.0.0.1:8000", "no scheme"),
        ("localhost", "no scheme"),
        ("//localhost", "no scheme"),
        ("ftp://localhost", "scheme 'ftp'"),
        ("http:localhost", "no scheme"),
        ("http://", "no host"),
        ("http:///path", "no host"),
        ("http://h/api/${STAGE}", "would be sent as it stands"),
        ("http://h/{tenant}", "would be sent as it stands"),
        ("http://h/%zz", "no percent-encoding"),
        ("http://:8000", "no host"),
        ("http://user:secret@localhost", "credentials"),
        ("http://secret@localhost", "credentials"),
        ("user:secret@localhost:8000", "credentials"),
        ("https://user:sec/ret@localhost", "port"),
        ("http://user:secret", "port"),
        ("http://localhost:secret", "port"),
        ("http://localhost:0", "port"),
        ("http://localhost:65536", "port"),
        ("http://localhost:-1", "port"),
        ("http://localhost/?a=secret", "query"),
        ("http://localhost/#secret", "fragment"),
        ("http://local host", "space"),
        ("http://localhost\r\nX-Evil: secret", "space or control"),
        ("http://local\x7fhost", "control"),
        ("http://[::1", "IPv6"),
        ("http://[::g]", "IPv6"),
        ("http://[fe80::1%eth0]", "IPv6"),
        ("http://-host", "no name or IP"),
        ("http://a..b", "no name or IP"),
        ("http://" + "a" * 64 + ".test", "no name or IP"),
        ("http://a,b", "no name or IP"),
        ("http://localhost/ü", "percent-encode"),
        ("http://faß.test", r"'\xdf', which means one host or another"),
        ("http://FAẞ.test", "one host or another"),
        ("http://βόλος.test", "one host or another"),
        ("http://a\u200db.test", "one host or another"),
    ],
)
def test_a_wrong_address_is_refused_in_one_sentence_that_keeps_secrets(
    text: str, complaint: str
) -> None:
    with pytest.raises(OriginError) as caught:
        Origin.parse(text)
    assert complaint in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "ret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
