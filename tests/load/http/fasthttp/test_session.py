"""What it is chosen for: redirects, cookies and gzip, within the target."""

from __future__ import annotations

import gzip
import socket
from dataclasses import dataclass, field

import pytest
from http_client.exchanges import GET, post, with_length
from http_client.rude_server import Peer, RudeServer, answering

from jobload.load.fasthttp.client import FastHttpClient
from jobload.load.http.http_error import HttpError
from jobload.load.http.origin import Origin

from .conftest import Meet

KEYED = b"\r\n".join(
    [
        b"POST /jobs HTTP/1.1",
        b"Host: test",
        b"Authorization: Bearer abc",
        b"Idempotency-Key: k-1",
        b"Content-Type: application/json",
        b"Content-Length: 2",
        b"",
        b"{}",
    ]
)


@dataclass
class Site:
    """Answers each path with what is written for it, and remembers what it was asked."""

    pages: dict[str, bytes]
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, peer: Peer) -> None:
        while True:
            line, *fields = peer.read_head().decode().strip().split("\r\n")
            method, path, _ = line.split(" ")
            head = dict(each.lower().split(": ", 1) for each in fields)
            body = peer.read_exactly(int(head.get("content-length", 0)))
            self.asked.append((f"{method} {path}", body))
            self.heads.append(head)
            peer.send(self.pages[path])


def to(location: str, status: int = 302, *fields: str, body: bytes = b"moved") -> bytes:
    lines = [f"HTTP/1.1 {status} Moved", f"Location: {location}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *fields, "", ""]).encode() + body


class TestARedirect:
    @pytest.mark.parametrize(
        ("status", "second"),
        [
            (301, ("GET /there", b"")),
            (302, ("GET /there", b"")),
            (303, ("GET /there", b"")),
            (307, ("POST /there", b"{}")),
            (308, ("POST /there", b"{}")),
        ],
    )
    def test_is_followed_on_the_same_connection_with_the_same_headers(
        self, meet: Meet, status: int, second: tuple[str, bytes]
    ) -> None:
        site = Site({"/jobs": to("/there", status), "/there": with_length(b"here")})
        client, server = meet(site)
        reply = client.exchange(KEYED, 5.0)
        assert (reply.status, reply.body) == (200, b"here")
        assert site.asked == [("POST /jobs", b"{}"), second]
        assert [head["idempotency-key"] for head in site.heads] == ["k-1", "k-1"]
        assert [head["authorization"] for head in site.heads] == ["bearer abc"] * 2
        assert server.connections == 1

    @pytest.mark.parametrize(
        ("location", "path"), [("b?x=1", "/a/b?x=1"), ("../c", "/c"), ("/d e", "/d%20e")]
    )
    def test_may_be_relative(self, meet: Meet, location: str, path: str) -> None:
        site = Site({"/a/x": to(location), path: with_length(b"found")})
        client, _ = meet(site)
        assert client.exchange(GET.replace(b" / ", b" /a/x "), 5.0).body == b"found"

    def test_may_name_the_target_in_full(self, meet: Meet, scheme: str) -> None:
        site = Site({"/there": with_length(b"here")})
        client, server = meet(site)
        site.pages["/"] = to(f"{scheme}://127.0.0.1:{server.port}/there")
        assert client.exchange(GET, 5.0).body == b"here"

    @pytest.mark.parametrize(
        "location",
        [
            "http://127.0.0.1:{other}/",
            "https://127.0.0.1:{other}/",
            "//127.0.0.1:{other}/",
            "http://elsewhere.invalid/",
            "http://127.0.0.1:99999999/",
            "http://[::1/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "{own}//there",
        ],
    )
    def test_away_from_the_target_is_a_failure_and_nothing_is_sent_there(
        self, meet: Meet, location: str, scheme: str
    ) -> None:
        other = RudeServer(answering(with_length(b"stolen")))
        site = Site({})
        client, server = meet(site)
        own = f"{scheme}://127.0.0.1:{server.port}"
        site.pages["/jobs"] = to(location.format(other=other.port, own=own))
        with pytest.raises(HttpError) as caught:
            client.exchange(KEYED, 5.0)
        assert caught.value.kind == "redirect"
        assert "302 to another address" in caught.value.detail
        assert (server.connections, other.connections) == (1, 0)
        other.close()

    def test_in_circles_is_a_failure(self, meet: Meet) -> None:
        site = Site({"/": to("/")})
        client, _ = meet(site)
        with pytest.raises(HttpError) as caught:
            client.exchange(GET, 5.0)
        assert (caught.value.kind, len(site.asked)) == ("redirect", 11)
        site.pages["/"] = with_length(b"at last")
        assert client.exchange(GET, 5.0).body == b"at last"

    def test_without_a_place_to_go_is_the_reply(self, meet: Meet) -> None:
        client, _ = meet(answering(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"))
        assert client.exchange(GET, 5.0).status == 302

    def test_has_no_time_of_its_own(self, meet: Meet) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(to("/there"))
            peer.read_request()
            peer.wait_for_end()

        client, _ = meet(script)
        with pytest.raises(HttpError) as caught:
            client.exchange(GET, 0.1)
        assert caught.value.kind == "timeout"


class TestACookie:
    def test_is_kept_until_it_is_taken_back(self, meet: Meet) -> None:
        set_it = b"HTTP/1.1 200 OK\r\nSet-Cookie: session=s1; Path=/\r\nContent-Length: 0\r\n\r\n"
        site = Site({"/in": set_it, "/": with_length(b"hello")})
        site.pages["/out"] = set_it.replace(b"Path=/", b"Path=/; Max-Age=0")
        client, _ = meet(site)
        for path in (b" /in ", b" / ", b" / ", b" /out ", b" / "):
            client.exchange(GET.replace(b" / ", path), 5.0)
        sent = [head.get("cookie") for head in site.heads]
        assert sent == [None, "session=s1", "session=s1", "session=s1", None]

    def test_that_comes_with_a_redirect_goes_along(self, meet: Meet) -> None:
        site = Site(
            {"/jobs": to("/there", 307, "Set-Cookie: a=1; Path=/"), "/there": with_length(b"")}
        )
        client, _ = meet(site)
        client.exchange(KEYED, 5.0)
        assert [head.get("cookie") for head in site.heads] == [None, "a=1"]

    def test_of_the_scenario_itself_is_sent_instead_of_those_of_the_server(
        self, meet: Meet
    ) -> None:
        site = Site(
            {"/jobs": to("/there", 307, "Set-Cookie: a=1; Path=/"), "/there": with_length(b"")}
        )
        client, _ = meet(site)
        client.exchange(KEYED.replace(b"\r\nContent-Type", b"\r\nCookie: b=2\r\nContent-Type"), 5.0)
        assert [head.get("cookie") for head in site.heads] == ["b=2", "b=2"]

    def test_that_is_secure_is_sent_with_tls_only(self, meet: Meet, scheme: str) -> None:
        set_it = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Secure\r\nContent-Length: 0\r\n\r\n"
        site = Site({"/": set_it})
        client, _ = meet(site)
        for _ in range(2):
            client.exchange(GET, 5.0)
        assert site.heads[1].get("cookie") == ("a=1" if scheme == "https" else None)

    def test_belongs_to_one_user(self, meet: Meet) -> None:
        set_it = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n"
        site = Site({"/": set_it})
        for _ in range(2):
            client, _ = meet(site)
            client.exchange(GET, 5.0)
        assert "cookie" not in site.heads[1]


class TestGzip:
    def packed(self, body: bytes) -> bytes:
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
        return head % len(body) + body

    def test_is_unpacked(self, meet: Meet) -> None:
        client, _ = meet(answering(self.packed(gzip.compress(b'{"id": 1}'))))
        for _ in range(2):
            assert client.exchange(post(b"{}"), 5.0).body == b'{"id": 1}'

    def test_that_unpacks_to_too_much_is_too_large(self, meet: Meet) -> None:
        bomb = gzip.compress(bytes(1_000_000))
        client, _ = meet(answering(self.packed(bomb)), max_response_bytes=100_000)
        with pytest.raises(HttpError) as caught:
            client.exchange(GET, 5.0)
        assert caught.value.kind == "too-large"

    def test_without_its_end_is_a_bad_reply(self, meet: Meet) -> None:
        client, _ = meet(answering(self.packed(gzip.compress(b"x" * 1000)[:-8])))
        with pytest.raises(HttpError) as caught:
            client.exchange(GET, 5.0)
        assert caught.value.kind == "bad-reply"

    def test_may_be_promised_of_no_body(self, meet: Meet) -> None:
        client, _ = meet(answering(self.packed(b"")))
        assert client.exchange(GET, 5.0).body == b""

    def test_is_the_only_coding_that_is_unpacked(self, meet: Meet) -> None:
        reply = self.packed(b"as it came").replace(b"gzip", b"zstd")
        client, _ = meet(answering(reply))
        assert client.exchange(GET, 5.0).body == b"as it came"


def test_an_origin_with_a_base_path_and_ipv6_is_reached() -> None:
    site = Site({"/base/jobs": with_length(b"six")})
    server = RudeServer(site, family=socket.AF_INET6)
    client = FastHttpClient(Origin.parse(f"http://[::1]:{server.port}/base"))
    assert client.exchange(GET.replace(b" / ", b" /base/jobs "), 5.0).body == b"six"
    client.close()
    server.close()
