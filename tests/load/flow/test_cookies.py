from __future__ import annotations

import pytest

from jobload.load.flow import cookies as cookies_module
from jobload.load.flow.cookies import Cookies, may_set_cookie
from jobload.load.http.origin import Origin

ORIGIN = "http://api.example.org"


def kept(*said: str, asked: str = "/a/b?q=1", origin: str = ORIGIN, head: str = "") -> Cookies:
    cookies = Cookies(Origin.parse(origin))
    for each in said:
        cookies.take(f"HTTP/1.1 200 OK\r\n{head}Set-Cookie: {each}".encode("latin-1"), asked)
    return cookies


@pytest.mark.parametrize(
    ("said", "target", "sent"),
    [
        ("sid=1; Path=/", "/x", b"sid=1"),
        ("sid=1", "/a/c", b"sid=1"),
        ("sid=1", "/x", None),
        ("sid=1; Path=x", "/a/c", b"sid=1"),
        ("sid=1; Path=/a", "/a", b"sid=1"),
        ("sid=1; Path=/a", "/ab", None),
        ("sid=1; Path=/a/", "/a/b", b"sid=1"),
        ("sid=1; Path=/a/", "/a", None),
        ("sid=1; Path=/x; Path=/", "/", b"sid=1"),
        ("sid=a=b; Path=/; HttpOnly; SameSite=Lax", "/", b"sid=a=b"),
        ("sid=; Path=/", "/", b"sid="),
        ("nothing", "/", None),
        ("=x; Path=/", "/", None),
        ("sid=1; Max-Age=0; Path=/", "/", None),
        ("sid=1; Max-Age=-1; Path=/", "/", None),
        ("sid=1; Max-Age=60; Path=/", "/", b"sid=1"),
        ("sid=1; Max-Age=60; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Path=/", "/", b"sid=1"),
        ("sid=1; Max-Age=--1; Path=/", "/", b"sid=1"),
        ("sid=1; Max-Age=\xb2; Path=/", "/", b"sid=1"),
        ("sid=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Path=/", "/", None),
        ("sid=1; Expires=Wed, 21-Oct-15 07:28:00 GMT; Path=/", "/", None),
        ("sid=1; Expires=Wed Oct 21 07:28:00 2015; Path=/", "/", None),
        ("sid=1; Expires=Wed, 21 Oct 2115 07:28:00 GMT; Path=/", "/", b"sid=1"),
        ("sid=1; Expires=whenever; Path=/", "/", b"sid=1"),
    ],
)
def test_a_cookie_goes_where_its_server_wants_it(
    said: str, target: str, sent: bytes | None
) -> None:
    assert kept(said).header(target) == sent


@pytest.mark.parametrize(
    ("origin", "is_kept"),
    [
        ("https://api.example.org", True),
        ("http://api.example.org", False),
        ("http://10.0.0.7", False),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", True),
        ("http://127.8.8.8", True),
        ("http://[::1]:8000", True),
    ],
)
@pytest.mark.parametrize(
    "said", ["sid=1; Secure", "__Secure-a=1; secure", "__Host-a=1;path=/;Secure"]
)
def test_a_secure_cookie_is_kept_of_https_and_of_this_machine_only(
    origin: str, is_kept: bool, said: str
) -> None:
    assert bool(kept(said, origin=origin)) is is_kept


@pytest.mark.parametrize(
    ("origin", "domain", "is_kept"),
    [
        (ORIGIN, "api.example.org", True),
        (ORIGIN, "example.org", True),
        (ORIGIN, ".Example.ORG", True),
        (ORIGIN, "", True),
        (ORIGIN, "org", False),
        (ORIGIN, "other.example.org", False),
        (ORIGIN, "v2.api.example.org", False),
        (ORIGIN, "ple.org", False),
        (ORIGIN, "..example.org", False),
        ("http://localhost", "localhost", True),
        ("http://127.0.0.1", "127.0.0.1", True),
        ("http://127.0.0.1", "0.0.1", False),
        ("http://127.0.0.1", "example.org", False),
        ("http://[::1]", "::1", True),
    ],
)
def test_a_cookie_of_another_domain_is_not_kept(origin: str, domain: str, is_kept: bool) -> None:
    assert bool(kept(f"sid=1; Path=/; Domain={domain}", origin=origin)) is is_kept


@pytest.mark.parametrize(
    "said",
    [
        "__Secure-a=1; Path=/",
        "__secure-a=1; Path=/",
        "__Host-a=1; Path=/",
        "__Host-a=1; Secure",
        "__Host-a=1; Secure; Path=/a",
        "__Host-a=1; Secure; Path=/; Domain=api.example.org",
    ],
)
def test_a_name_that_promises_what_the_cookie_does_not_is_refused(said: str) -> None:
    assert not kept(said, origin="https://api.example.org", asked="/")


def test_what_is_refused_is_said_with_its_reason() -> None:
    cookies = Cookies(Origin.parse(ORIGIN))
    said = ("a=1", "b=s3; Domain=x.net", "c=1;Secure")
    head = "HTTP/1.1 200 OK" + "".join(f"\r\nset-cookie: {each}" for each in said)
    assert cookies.take(head.encode(), "/") == [
        "the cookie b is of the domain x.net, and this is api.example.org",
        "the cookie c is Secure, and this is http://",
    ]


def test_when_it_ends_is_told_by_the_clock_of_the_server() -> None:
    """Theirs is a year behind, or before, and the cookie is good for an hour."""
    for year in (2015, 2115):
        expires = f"sid=1; Path=/; Expires=Wed, 21 Oct {year} 08:00:00 GMT"
        date = f"Date: Wed, 21 Oct {year} 07:00:00 GMT\r\n"
        assert kept(expires, head=date).header("/") == b"sid=1"
        late = f"Date: Wed, 21 Oct {year} 09:00:00 GMT\r\n"
        assert kept(expires, head=late).header("/") is None


def test_a_newer_one_takes_the_place_of_an_older_one_and_can_end_it() -> None:
    assert kept("sid=1; Path=/", "sid=2; Path=/").header("/") == b"sid=2"
    assert not kept("sid=1; Path=/", "sid=; Max-Age=-1; Path=/")
    assert not kept("sid=1; Path=/", "sid=; Path=/; Expires=Thu, 01-Jan-1970 00:00:00 GMT")


def test_a_cookie_of_the_domain_above_is_another_one() -> None:
    """Servers end an old one there while they set the new one here."""
    ended = "sid=; Path=/; Domain=.example.org; Max-Age=0"
    assert kept("sid=1; Path=/", ended).header("/") == b"sid=1"
    assert not kept("sid=1; Path=/; Domain=example.org", ended)
    assert kept("sid=1; Path=/", "sid=2; Path=/; Domain=example.org").header("/") == b"sid=1; sid=2"


def test_a_cookie_of_the_host_as_a_domain_is_another_one_too() -> None:
    ended = "sid=; Path=/; Domain=api.example.org; Max-Age=0"
    assert kept("sid=1; Path=/", ended).header("/") == b"sid=1"
    assert not kept("sid=1; Path=/; Domain=.API.example.org", ended)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_or_a_host_of_one_label_is_no_domain(host: str) -> None:
    said = ("sid=1; Path=/", f"sid=; Path=/; Domain={host}; Max-Age=0")
    assert not kept(*said, origin=f"http://{host}")


def test_longer_paths_come_first_and_then_older_ones() -> None:
    cookies = kept("a=1; Path=/", "b=2; Path=/a", "c=3; Path=/", "a=4; Path=/")
    assert cookies.header("/a/x") == b"b=2; a=4; c=3"


def test_the_bytes_of_a_value_go_back_as_they_came() -> None:
    cookies = Cookies(Origin.parse(ORIGIN))
    cookies.take("HTTP/1.1 200 OK\r\nSet-Cookie: who=voilà ; Path=/".encode(), "/")
    assert cookies.header("/") == "who=voilà".encode()


def test_a_server_can_not_fill_the_memory_and_its_newest_are_kept() -> None:
    cookies = kept(*(f"c{n}={n}; Path=/" for n in range(500)), f"long={'x' * 5000}; Path=/")
    header = cookies.header("/") or b""
    assert header.count(b";") == 99
    assert b"long" not in header
    assert b"c499=" in header


def test_cookies_that_are_over_make_room_first(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 1000.0
    monkeypatch.setattr(cookies_module, "monotonic", lambda: now_s)
    cookies = kept("first=1; Path=/", *(f"c{n}={n}; Path=/; Max-Age=5" for n in range(99)))
    now_s = 1006.0
    cookies.take(b"HTTP/1.1 200 OK\r\nSet-Cookie: new=1; Path=/", "/")
    assert cookies.header("/") == b"first=1; new=1"


def test_several_in_one_head_are_all_taken() -> None:
    cookies = Cookies(Origin.parse(ORIGIN))
    head = b"HTTP/1.1 200 OK\r\nset-cookie: a=1; path=/\r\nX: y\r\nSET-COOKIE: b=2; path=/"
    cookies.take(head, "/")
    assert cookies.header("/") == b"a=1; b=2"


@pytest.mark.parametrize("name", ["Set-Cookie", "set-cookie", "SET-COOKIE"])
def test_a_head_is_only_read_for_cookies_if_it_may_set_one(name: str) -> None:
    head = "HTTP/1.1 200 OK\r\nX-Set-Cookies: no\r\n{}: a=1\r\n\r\n"
    assert may_set_cookie(head.format(name).encode())
    assert not may_set_cookie(head.format("Cookie").encode())
