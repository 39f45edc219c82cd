"""What goes out and what comes back, as with jobload's own client."""

from __future__ import annotations

import os
import resource
import time
from contextlib import ExitStack
from pathlib import Path

import gevent
import pytest
from http_client.exchanges import GET, HEAD, OK, OTHER, post, with_length
from http_client.rude_server import Peer, answering, answering_once

from jobload.load.http.origin import Origin
from jobload.load.http.request_template import RequestTemplate

from .conftest import Meet

INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
HEADERS = {"X-Team": "blue", "Authorization": "Bearer abc"}


@pytest.mark.parametrize("path", ["/jobs", "/a%7Eb/%c3%bc?x=%20&y=1,2;z", "/a;b?"])
def test_the_request_is_the_one_that_was_written_and_asks_for_gzip(meet: Meet, path: str) -> None:
    heads: list[bytes] = []

    def script(peer: Peer) -> None:
        heads.append(peer.read_head())
        heads.append(peer.read_exactly(2))
        peer.send(OK)

    client, server = meet(script)
    origin = Origin.parse(f"http://127.0.0.1:{server.port}/base")
    template = RequestTemplate("POST", path, origin, HEADERS, has_body=True)
    written = template.render(b"{}", b"run-1")
    assert client.exchange(written, 5.0).status == 201
    head, body = written.split(b"\r\n\r\n")
    assert heads == [head + b"\r\nAccept-Encoding: gzip\r\n\r\n", body]


def test_a_coding_that_the_scenario_asks_for_is_asked_for_alone(meet: Meet) -> None:
    heads: list[bytes] = []

    def script(peer: Peer) -> None:
        heads.append(peer.read_head())
        peer.send(OK)

    client, _ = meet(script)
    client.exchange(GET[:-2] + b"accept-encoding: identity\r\n\r\n", 5.0)
    assert heads[0].lower().count(b"accept-encoding") == 1


@pytest.mark.parametrize("segments", [[OK], [OK[:-2], OK[-2:]]], ids=["at once", "body later"])
def test_requests_follow_each_other_on_one_connection(meet: Meet, segments: list[bytes]) -> None:
    client, server = meet(answering(*segments))
    for number in range(20):
        reply = client.exchange(post(b"%d" % number), 5.0)
        assert (reply.status, reply.body) == (201, b"ok")
    assert server.connections == 1


@pytest.mark.parametrize(
    "segments",
    [
        [with_length(b"body")],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4\r\nbo", b"dy\r\n0\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\n\r\nbo", b"dy"],
        [INTERIM + INTERIM + with_length(b"body")],
        [INTERIM, with_length(b"body")],
    ],
    ids=["length", "chunked", "until close", "interim", "interim first"],
)
def test_a_body_is_read_however_it_is_framed(meet: Meet, segments: list[bytes]) -> None:
    client, _ = meet(answering_once(*segments))
    assert client.exchange(GET, 5.0).body == b"body"


def test_a_head_has_no_body(meet: Meet) -> None:
    client, server = meet(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"))
    for _ in range(2):
        reply = client.exchange(HEAD, 5.0, expect_body=False)
        assert (reply.status, reply.body, reply.header(b"content-length")) == (200, b"", b"4")
    assert server.connections == 1


def test_headers_are_found_by_name_and_several_are_joined(meet: Meet) -> None:
    head = b"HTTP/1.1 200 OK\r\nRetry-After: 3\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n"
    client, _ = meet(answering(head))
    reply = client.exchange(GET, 5.0)
    assert reply.header(b"retry-after") == b"3"
    assert reply.header(b"X-A") == b"1, 2"
    assert reply.header(b"x-b") is None


@pytest.mark.parametrize("status", [200, 204, 302, 304, 404, 418, 500, 503, 599])
def test_any_status_is_an_answer_even_with_a_body_that_is_no_text(meet: Meet, status: int) -> None:
    """Locust's own client breaks on the last of these."""
    body = b"" if status in (204, 304) else b"\xff\xfe"
    length = b"" if status in (204, 304) else b"Content-Length: 2\r\n"
    client, _ = meet(answering(b"HTTP/1.1 %d X\r\n%b\r\n%b" % (status, length, body)))
    reply = client.exchange(GET, 5.0)
    assert (reply.status, reply.body) == (status, body)


def test_a_connection_that_was_closed_while_idle_is_replaced(meet: Meet) -> None:
    client, server = meet(answering_once(OK), answering(OTHER))
    assert client.exchange(post(b"1"), 5.0).body == b"ok"
    gevent.sleep(0.05)
    assert client.exchange(post(b"2"), 5.0).body == b"other"
    assert server.connections == 2


def test_a_connection_is_kept_however_many_files_are_open(meet: Meet) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(1024):
            stack.enter_context(Path(os.devnull).open())
        client, server = meet(answering(OK))
        for _ in range(3):
            assert client.exchange(post(b"{}"), 5.0).status == 201
        assert server.connections == 1
        client.close()


def test_a_reply_that_comes_before_the_request_is_out_is_the_reply(meet: Meet) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")

    client, _ = meet(script)
    started = time.perf_counter()
    assert client.exchange(post(bytes(6_000_000)), 5.0).status == 413
    assert time.perf_counter() - started < 5.0
