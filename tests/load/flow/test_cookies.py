import pytest

from jobload.load.flow.cookies import Cookies


def kept(*said: str, asked: str = "/a/b?q=1") -> Cookies:
    cookies = Cookies()
    for each in said:
        cookies.take(f"HTTP/1.1 200 OK\r\nSet-Cookie: {each}".encode(), asked)
    return cookies


@pytest.mark.parametrize(
    ("said", "target", "sent"),
    [
        ("sid=1; Path=/", "/x", b"sid=1"),
        ("sid=1", "/a/c", b"sid=1"),
        ("sid=1", "/x", None),
        ("sid=1; Path=/a", "/a", b"sid=1"),
        ("sid=1; Path=/a", "/ab", None),
        ("sid=1; Path=/a/", "/a/b", b"sid=1"),
        ("sid=a=b; Path=/; HttpOnly; Secure; SameSite=Lax", "/", b"sid=a=b"),
        ("sid=; Path=/", "/", b"sid="),
        ("nothing", "/", None),
        ("=x; Path=/", "/", None),
        ("sid=1; Max-Age=0; Path=/", "/", None),
        ("sid=1; Max-Age=60; Path=/", "/", b"sid=1"),
        ("sid=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Path=/", "/", None),
        ("sid=1; Expires=Wed, 21 Oct 2115 07:28:00 GMT; Path=/", "/", b"sid=1"),
        ("sid=1; Expires=whenever; Path=/", "/", b"sid=1"),
    ],
)
def test_a_cookie_goes_where_its_server_wants_it(
    said: str, target: str, sent: bytes | None
) -> None:
    assert kept(said).header(target) == sent


def test_a_newer_one_takes_the_place_of_an_older_one_and_can_end_it() -> None:
    assert kept("sid=1; Path=/", "sid=2; Path=/").header("/") == b"sid=2"
    assert not kept("sid=1; Path=/", "sid=; Max-Age=-1; Path=/")


def test_longer_paths_come_first() -> None:
    assert kept("a=1; Path=/", "b=2; Path=/a").header("/a/x") == b"b=2; a=1"


def test_a_server_can_not_fill_the_memory() -> None:
    cookies = kept(*(f"c{n}={n}; Path=/" for n in range(500)), f"long={'x' * 5000}; Path=/")
    header = cookies.header("/") or b""
    assert header.count(b";") == 99
    assert b"long" not in header


def test_several_in_one_head_are_all_taken() -> None:
    cookies = Cookies()
    head = b"HTTP/1.1 200 OK\r\nset-cookie: a=1; path=/\r\nX: y\r\nSET-COOKIE: b=2; path=/"
    cookies.take(head, "/")
    assert cookies.header("/") == b"a=1; b=2"
