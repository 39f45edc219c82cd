"""The client against a server that misbehaves on purpose, over plain TCP and over TLS alike."""

from __future__ import annotations

import _socket
import hashlib
import os
import resource
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import gevent
import pytest
from certificates import Authority
from gevent.event import Event
from rude_server import Peer, RudeServer, Script, answering, answering_once

from jobload.load import dialer
from jobload.load.http_client import HttpClient
from jobload.load.http_error import HttpError
from jobload.load.origin import Origin
from jobload.load.tls_stream import verifying_context

GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nHost: test\r\n\r\n"
OK = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"
OTHER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother"
BIG_BYTES = 6_000_000  # more than both ends' socket buffers hold


def post(body: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def with_length(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def one_by_one(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


class Meet(Protocol):
    def __call__(
        self, *scripts: Script, connect_timeout_s: float = 5.0, max_response_bytes: int = ...
    ) -> tuple[HttpClient, RudeServer]: ...


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def contexts(authority: Authority) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return authority.server_context("IP:127.0.0.1"), authority.trusting_context()


@pytest.fixture(autouse=True)
def _no_file_stays_open() -> Iterator[None]:
    gevent.socket.getaddrinfo("127.0.0.1", 1)  # what gevent opens for itself is open now
    before = open_files()
    yield
    deadline = time.monotonic() + 5
    while open_files() > before and time.monotonic() < deadline:
        gevent.sleep(0.01)
    assert open_files() <= before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def meet(scheme: str, request: pytest.FixtureRequest) -> Iterator[Meet]:
    servers: list[RudeServer] = []
    clients: list[HttpClient] = []
    serving = trusting = None
    if scheme == "https":
        serving, trusting = request.getfixturevalue("contexts")

    def meet(
        *scripts: Script, connect_timeout_s: float = 5.0, max_response_bytes: int = 16 * 1024 * 1024
    ) -> tuple[HttpClient, RudeServer]:
        server = RudeServer(*scripts, tls=serving)
        servers.append(server)
        client = HttpClient(
            Origin.parse(f"{scheme}://127.0.0.1:{server.port}"),
            connect_timeout_s=connect_timeout_s,
            max_response_bytes=max_response_bytes,
            tls=trusting,
        )
        clients.append(client)
        return client, server

    yield meet
    for client in clients:
        client.close()
    for server in servers:
        server.close()


def failure(client: HttpClient, request: bytes = GET, timeout_s: float = 5.0) -> HttpError:
    with pytest.raises(HttpError) as caught:
        client.exchange(request, timeout_s)
    return caught.value


def outcome(client: HttpClient, request: bytes) -> bytes | str:
    try:
        return client.exchange(request, 5.0).body
    except HttpError as error:
        return error.kind


class TestAReply:
    def test_has_status_body_and_headers_in_any_case(self, meet: Meet) -> None:
        client, _ = meet(
            answering(
                b"HTTP/1.1 201 Created\r\nLOCATION:  /jobs/7 \r\nLink: <a>\r\nlink: <b>\r\n"
                b"Content-Length: 11\r\n\r\nX-Body: yes"
            )
        )
        reply = client.exchange(post(b"{}"), 5.0)
        assert (reply.status, reply.body) == (201, b"X-Body: yes")
        assert reply.header(b"Location") == b"/jobs/7"
        assert reply.header(b"Link") == b"<a>, <b>"
        assert reply.header(b"X-Body") is None

    @pytest.mark.parametrize("segments", [1, None], ids=["at once", "byte by byte"])
    @pytest.mark.parametrize(
        ("sent", "body"),
        [
            (with_length(b"hello"), b"hello"),
            (with_length(b""), b""),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"3;note=x\r\nabc\r\n2\r\nde\r\n0\r\nDigest: 1\r\nDone: yes\r\n\r\n",
                b"abcde",
            ),
            (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
            (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", b""),
            (b"HTTP/1.1 100 Continue\r\n\r\n" + with_length(b"late"), b"late"),
            (b"HTTP/1.0 100 Continue\r\n\r\n" + with_length(b"late"), b"late"),
            (
                b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
                + with_length(b"late"),
                b"late",
            ),
        ],
        ids=["length", "empty", "chunked", "204", "304", "100", "100 of HTTP/1.0", "103 and 102"],
    )
    def test_is_read_to_its_end_and_the_connection_kept(
        self, meet: Meet, sent: bytes, body: bytes, segments: int | None
    ) -> None:
        client, server = meet(answering(*([sent] if segments else one_by_one(sent))))
        for _ in range(2):
            reply = client.exchange(post(b"{}"), 10.0)
            assert reply.body == body
            assert reply.status in (200, 204, 304)
            assert reply.header(b"Link") is None
        assert server.connections == 1

    @pytest.mark.parametrize(
        "head",
        [
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.0 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        ],
    )
    def test_without_a_length_ends_with_the_connection(self, meet: Meet, head: bytes) -> None:
        client, server = meet(answering_once(head, b"one ", b"two"))
        for expected in (1, 2):
            reply = client.exchange(GET, 5.0)
            assert (reply.status, reply.body) == (200, b"one two")
            assert server.connections == expected

    @pytest.mark.parametrize(
        "sent",
        [
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
            b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        ],
    )
    def test_that_says_close_is_the_last_on_its_connection(self, meet: Meet, sent: bytes) -> None:
        client, server = meet(answering(sent))
        assert [client.exchange(GET, 5.0).body for _ in range(2)] == [b"ok", b"ok"]
        assert server.connections == 2

    def test_may_have_blank_lines_before_it(self, meet: Meet) -> None:
        client, _ = meet(answering(b"\r\nHTTP/1.1 100 Continue\r\n\r\n\r\n\r\n" + OK))
        assert client.exchange(GET, 5.0).header(b"content-length") == b"2"

    def test_of_http_1_0_may_ask_to_keep_the_connection(self, meet: Meet) -> None:
        kept = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"
        client, server = meet(answering(kept))
        assert [client.exchange(GET, 5.0).body for _ in range(2)] == [b"ok", b"ok"]
        assert server.connections == 1

    @pytest.mark.parametrize("framing", ["length", "chunked", "until close"])
    def test_of_many_segments_arrives_whole(self, meet: Meet, framing: str) -> None:
        body = os.urandom(BIG_BYTES)
        sent = {
            "length": with_length(body),
            "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
            % (len(body), body),
            "until close": b"HTTP/1.1 200 OK\r\n\r\n" + body,
        }[framing]
        client, _ = meet(answering_once(sent))
        assert client.exchange(GET, 20.0).body == body


class TestAHeadRequest:
    @pytest.mark.parametrize(
        "fields", [b"Content-Length: 500\r\n", b"Transfer-Encoding: chunked\r\n"]
    )
    def test_is_answered_by_a_head_alone(self, meet: Meet, fields: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n"

        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(b"HTTP/1.1 103 Early Hints\r\n\r\n" + head)
            peer.read_request()
            peer.send(head)
            answering(OK)(peer)

        client, server = meet(script)
        for _ in range(2):
            reply = client.exchange(HEAD, 5.0, expect_body=False)
            assert (reply.status, reply.body) == (200, b"")
        assert client.exchange(GET, 5.0).body == b"ok"
        assert server.connections == 1

    def test_answered_with_close_ends_the_connection(self, meet: Meet) -> None:
        client, server = meet(answering(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"))
        for _ in range(2):
            assert client.exchange(HEAD, 5.0, expect_body=False).status == 200
        assert server.connections == 2

    def test_answered_with_a_body_all_the_same_spoils_only_its_connection(self, meet: Meet) -> None:
        client, server = meet(answering(with_length(b"hello\r\n\r\n")))
        assert client.exchange(HEAD, 5.0, expect_body=False).body == b""
        assert client.exchange(GET, 5.0).body == b"hello\r\n\r\n"
        assert server.connections == 2


class TestALargeRequest:
    def test_is_sent_whole_to_a_slow_reader(self, meet: Meet) -> None:
        body = os.urandom(BIG_BYTES)

        def script(peer: Peer) -> None:
            for _ in range(2):
                peer.read_head()
                gevent.sleep(0.1)
                received = peer.read_exactly(BIG_BYTES)
                peer.send(with_length(hashlib.sha256(received).hexdigest().encode()))
            peer.wait_for_end()

        client, server = meet(script)
        for _ in range(2):
            reply = client.exchange(post(body), 20.0)
            assert reply.body == hashlib.sha256(body).hexdigest().encode()
        assert server.connections == 1

    @pytest.mark.parametrize("ending", ["close", "reset late", "stay"])
    def test_refused_half_way_has_the_refusal_for_a_reply(self, meet: Meet, ending: str) -> None:
        def script(peer: Peer) -> None:
            peer.read_head()
            peer.send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nhuge")
            if ending == "stay":
                peer.stay()
            elif ending == "reset late":
                gevent.sleep(0.05)
                peer.reset()

        client, server = meet(script, answering(OK))
        reply = client.exchange(post(bytes(BIG_BYTES)), 5.0)
        assert (reply.status, reply.body) == (413, b"huge")
        assert client.exchange(GET, 5.0).body == b"ok"
        assert server.connections == 2

    def test_to_a_server_that_stops_reading_times_out(self, meet: Meet) -> None:
        def script(peer: Peer) -> None:
            peer.read_head()
            peer.stay()

        client, _ = meet(script)
        assert failure(client, post(bytes(BIG_BYTES)), timeout_s=0.2).kind == "timeout"

    def test_broken_off_without_a_reply_is_a_failure(self, meet: Meet) -> None:
        def script(peer: Peer) -> None:
            peer.read_head()
            peer.reset()

        client, _ = meet(script)
        assert failure(client, post(bytes(BIG_BYTES))).kind in ("reset", "closed")


class TestAFailure:
    @pytest.mark.parametrize(
        ("sent", "kind"),
        [
            (b"", "closed"),
            (b"HTTP/1.1 200 OK\r\nContent-Le", "closed"),
            (b"HTTP/1.1 100 Continue\r\n\r\n", "closed"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "closed"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "closed"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\nha", "closed"),
            (b"SSH-2.0-OpenSSH_9.6\r\n", "bad-reply"),
            (b"\x00\x01\x02", "bad-reply"),
            (b"HTTP/1.1 OK\r\n\r\n", "bad-reply"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "bad-reply"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "bad-reply"),
            (
                b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0",
                "bad-reply",
            ),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "bad-reply"),
            (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "bad-reply"),
            (
                b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: ws\r\n\r\n\x81",
                "bad-reply",
            ),
        ],
    )
    def test_of_a_reply_has_a_kind(self, meet: Meet, sent: bytes, kind: str) -> None:
        client, server = meet(answering_once(sent), answering(OK))
        error = failure(client, post(b"{}"))
        assert error.kind == kind
        assert type(error.kind) is str
        assert error.detail
        assert str(error) == f"{kind}: {error.detail}"
        assert client.exchange(GET, 5.0).body == b"ok"
        assert server.connections == 2

    @pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\n\r\nuntil close"])
    def test_by_reset_is_a_reset(self, meet: Meet, sent: bytes) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(sent)
            gevent.sleep(0.02)
            peer.reset()

        client, _ = meet(script)
        assert failure(client).kind == "reset"

    def test_is_reported_not_retried(self, meet: Meet) -> None:
        requests: list[bytes] = []

        def script(peer: Peer) -> None:
            while True:
                requests.append(peer.read_request())
                if len(requests) == 2:
                    return
                peer.send(OK)

        client, server = meet(script)
        assert client.exchange(post(b"1"), 5.0).status == 201
        assert failure(client, post(b"2")).kind == "closed"
        gevent.sleep(0.05)
        assert requests == [b"1", b"2"]
        assert server.connections == 1

    @pytest.mark.parametrize(
        "sent",
        [
            with_length(bytes(2000)),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + bytes(2000),
            b"HTTP/1.1 200 OK\r\n\r\n" + bytes(2000),
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2000,
            b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
        ],
        ids=["length", "chunked", "until close", "endless head", "endless 1xx"],
    )
    @pytest.mark.parametrize("pieces", [1, 3])
    def test_by_size_is_too_large(self, meet: Meet, sent: bytes, pieces: int) -> None:
        step = -(-len(sent) // pieces)
        segments = [sent[i : i + step] for i in range(0, len(sent), step)]
        client, _ = meet(answering(*segments), max_response_bytes=1000)
        assert failure(client).kind == "too-large"

    def test_by_size_needs_more_than_the_limit(self, meet: Meet) -> None:
        whole = with_length(bytes(2000))
        client, _ = meet(answering(whole), max_response_bytes=len(whole))
        assert len(client.exchange(GET, 5.0).body) == 2000


class TestTheTimeout:
    @pytest.mark.parametrize(
        "segments",
        [
            [b""],
            [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"],
            one_by_one(with_length(bytes(1000))),
        ],
        ids=["no reply", "half a reply", "a drip that never pauses for long"],
    )
    def test_covers_the_whole_reply(self, meet: Meet, segments: list[bytes]) -> None:
        client, _ = meet(answering(*segments))
        started = time.perf_counter()
        error = failure(client, timeout_s=0.15)
        assert error.kind == "timeout"
        assert "0.15 s" in error.detail
        assert 0.14 < time.perf_counter() - started < 1.0

    def test_leaves_no_late_reply_for_the_next_request(self, meet: Meet) -> None:
        def late(peer: Peer) -> None:
            peer.read_request()
            gevent.sleep(0.1)
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst")
            peer.wait_for_end()

        client, server = meet(late, answering(OTHER))
        assert failure(client, timeout_s=0.05).kind == "timeout"
        gevent.sleep(0.1)
        assert client.exchange(GET, 5.0).body == b"other"
        assert server.connections == 2

    def test_is_over_when_the_reply_is_there(self, meet: Meet) -> None:
        client, _ = meet(answering(OK))
        for timeout_s in (0.1, 0.1, 0.2, 0.1):
            assert client.exchange(GET, timeout_s).status == 201
        gevent.sleep(0.25)

    def test_starts_anew_with_each_request(self, meet: Meet) -> None:
        def script(peer: Peer) -> None:
            while True:
                peer.read_request()
                gevent.sleep(0.15)
                peer.send(OK)

        client, server = meet(script)
        for _ in range(4):
            assert client.exchange(GET, 0.25).status == 201
        assert server.connections == 1

    def test_may_differ_from_request_to_request(self, meet: Meet) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(OK)
            peer.wait_for_end()

        client, _ = meet(script)
        client.exchange(GET, 5.0)
        started = time.perf_counter()
        assert failure(client, timeout_s=0.1).kind == "timeout"
        assert time.perf_counter() - started < 1.0

    def test_does_not_count_time_from_before_the_request(self, meet: Meet) -> None:
        client, _ = meet(answering(OK))
        client.exchange(GET, 0.3)
        busy(0.5)  # the event loop's own clock stands still meanwhile
        assert client.exchange(GET, 0.3).status == 201

    def test_spares_a_reply_that_came_in_time_to_a_busy_process(self, meet: Meet) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(OK)
            busy(0.3)  # the client gets to look only after its time is up

        client, _ = meet(script)
        assert client.exchange(GET, 0.2).status == 201

    @pytest.mark.parametrize("timeout_s", [0.0, -1.0])
    def test_of_nothing_is_not_for_ever(self, meet: Meet, timeout_s: float) -> None:
        client, _ = meet(answering(b""))
        assert failure(client, timeout_s=timeout_s).kind in ("timeout", "connect-timeout")

        def once(peer: Peer) -> None:
            answering_once(OK)(peer)
            peer.wait_for_end()

        client, _ = meet(once)
        client.exchange(GET, 5.0)
        assert failure(client, timeout_s=timeout_s).kind == "timeout"


class TestAKeptConnection:
    @pytest.mark.parametrize("ending", ["close", "reset"])
    @pytest.mark.parametrize("exchanges", [1, 30])
    def test_that_the_server_ended_is_replaced_before_anything_is_sent(
        self, meet: Meet, ending: str, exchanges: int
    ) -> None:
        ended = Event()

        def script(peer: Peer) -> None:
            for _ in range(exchanges):
                peer.read_request()
                peer.send(OK)
            if ending == "reset":
                peer.reset()
            peer.close()
            ended.set()

        client, server = meet(script, answering(OTHER))
        for _ in range(exchanges):
            assert client.exchange(GET, 5.0).body == b"ok"
        ended.wait()
        gevent.sleep(0.01)
        assert client.exchange(post(b"{}"), 5.0).body == b"other"
        assert server.connections == 2

    @pytest.mark.parametrize(
        "unasked",
        [
            OTHER,
            b"HTTP/1.1 2",
            b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n",
            b"garbage",
            b"\0",
        ],
    )
    @pytest.mark.parametrize("delay_s", [0, 0.01], ids=["in one go", "later"])
    def test_with_bytes_nobody_asked_for_is_given_up(
        self, meet: Meet, unasked: bytes, delay_s: float
    ) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(OK + unasked) if not delay_s else peer.send(OK, unasked)
            peer.wait_for_end()

        client, server = meet(
            script, answering(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine")
        )
        assert client.exchange(GET, 5.0).body == b"ok"
        gevent.sleep(delay_s * 3)
        for _ in range(2):
            assert client.exchange(post(b"{}"), 5.0).body == b"mine"
        assert server.connections == 2

    def test_is_watched_even_without_a_pause_until_the_target_has_earned_trust(
        self, meet: Meet
    ) -> None:
        rude = SecondReply()
        client, server = meet(rude)
        for _ in range(5):
            assert client.exchange(GET, 5.0).body == b"ok"
            rude.send()
        assert server.connections == 5

    def test_is_watched_again_when_the_target_has_betrayed_trust(self, meet: Meet) -> None:
        def honest_at_first(peer: Peer) -> None:
            for _ in range(30):
                peer.read_request()
                peer.send(OK)
            gevent.sleep(0.005)
            peer.send(OTHER)
            peer.wait_for_end()

        rude = SecondReply()
        client, _ = meet(honest_at_first, rude)
        for _ in range(30):
            assert client.exchange(GET, 5.0).body == b"ok"
        gevent.sleep(0.02)
        for _ in range(5):
            assert client.exchange(GET, 5.0).body == b"ok"
            rude.send()

    def test_broken_off_the_moment_it_is_used_yields_no_reply_from_before(self, meet: Meet) -> None:
        peers: list[Peer] = []

        def script(peer: Peer) -> None:
            peers.append(peer)
            for _ in range(30):  # enough to be trusted for a millisecond
                peer.read_request()
                peer.send(OK)
            peer.stay()

        client, _ = meet(script, answering(OTHER))
        for _ in range(30):
            assert client.exchange(GET, 5.0).body == b"ok"
        peers[0].send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        peers[0].reset()
        assert outcome(client, post(b"{}")) in ("reset", b"other")  # other: a probe has seen it

    def test_with_a_kill_during_its_exchange_is_closed(self, meet: Meet) -> None:
        asked, ended = Event(), Event()

        def silent(peer: Peer) -> None:
            peer.read_request()
            asked.set()
            peer.wait_for_end()
            ended.set()

        client, server = meet(silent, answering(OK))
        user = gevent.spawn(client.exchange, GET, 30.0)
        assert asked.wait(5)
        user.kill()
        assert ended.wait(5)
        assert client.exchange(GET, 5.0).body == b"ok"
        assert server.connections == 2

    def test_with_a_kill_while_sending_is_closed(self, meet: Meet) -> None:
        asked, ended = Event(), Event()

        def script(peer: Peer) -> None:
            peer.read_head()
            asked.set()
            gevent.sleep(0.05)
            peer.wait_for_end()
            ended.set()

        client, _ = meet(script)
        user = gevent.spawn(client.exchange, post(bytes(BIG_BYTES)), 30.0)
        assert asked.wait(5)
        user.kill()
        assert ended.wait(5)

    def test_with_a_timeout_of_the_callers_own_is_closed(self, meet: Meet) -> None:
        client, server = meet(answering(b""), answering(OK))
        with pytest.raises(gevent.Timeout), gevent.Timeout(0.05):
            client.exchange(GET, 30.0)
        assert client.exchange(GET, 5.0).body == b"ok"
        assert server.connections == 2

    def test_is_closed_with_its_client(self, meet: Meet) -> None:
        ended = Event()

        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(OK)
            peer.wait_for_end()
            ended.set()

        client, server = meet(script, answering(OTHER))
        client.exchange(GET, 5.0)
        client.close()
        client.close()
        assert ended.wait(5)
        assert client.exchange(GET, 5.0).body == b"other"
        assert server.connections == 2

    def test_is_never_shared_by_two_greenlets(self, meet: Meet) -> None:
        def script(peer: Peer) -> None:
            while True:
                body = peer.read_request()
                gevent.sleep(0.05)
                peer.send(with_length(body))

        client, _ = meet(script)
        users = [gevent.spawn(client.exchange, post(name), 5.0) for name in (b"one", b"two")]
        gevent.joinall(users, raise_error=True)
        assert [user.get().body for user in users] == [b"one", b"two"]


class TestConnecting:
    @pytest.fixture
    def scheme(self) -> str:
        return "http"

    def test_to_a_port_without_a_server_is_refused(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            client = HttpClient(Origin.parse(f"http://127.0.0.1:{unused.getsockname()[1]}"))
            assert failure(client).kind == "connect-refused"

    def test_to_oneself_counts_as_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Loopback lets a client that gets the port it calls talk to itself."""

        class Narcissus(_socket.socket):
            def connect_ex(self, address: Any) -> int:
                if self.getsockname()[1] == 0:
                    self.bind(address)
                return super().connect_ex(address)

        monkeypatch.setattr(dialer, "socket", Narcissus)
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        client = HttpClient(Origin.parse(f"http://127.0.0.1:{port}"))
        assert failure(client, timeout_s=0.5).kind == "connect-refused"

    def test_turns_off_the_kernels_delay_of_small_segments(
        self, meet: Meet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened: list[_socket.socket] = []

        class Kept(_socket.socket):
            def setblocking(self, flag: bool, /) -> None:
                opened.append(self)
                super().setblocking(flag)

        monkeypatch.setattr(dialer, "socket", Kept)
        client, _ = meet(answering(OK))
        client.exchange(GET, 5.0)
        (kept,) = opened
        assert kept.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not kept.getblocking()

    @pytest.mark.parametrize(("connect_timeout_s", "timeout_s"), [(0.1, 5.0), (5.0, 0.1)])
    def test_to_a_full_server_times_out(self, connect_timeout_s: float, timeout_s: float) -> None:
        with full_server() as port:
            client = HttpClient(
                Origin.parse(f"http://127.0.0.1:{port}"), connect_timeout_s=connect_timeout_s
            )
            started = time.perf_counter()
            error = failure(client, timeout_s=timeout_s)
            assert error.kind == "connect-timeout"
            assert "0.1 s" in error.detail
            assert time.perf_counter() - started < 2.0

    def test_takes_its_time_from_the_whole_timeout(
        self, meet: Meet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client, server = meet(answering(b""))
        names = Names(monkeypatch, ("127.0.0.1", server.port), delay_s=0.2)
        client = HttpClient(Origin.parse(f"http://names.test:{server.port}"))
        started = time.perf_counter()
        assert failure(client, timeout_s=0.3).kind == "timeout"
        assert 0.29 < time.perf_counter() - started < 0.45
        assert names.looked_up == 1

    def test_by_name_looks_it_up_once(self, meet: Meet, monkeypatch: pytest.MonkeyPatch) -> None:
        _, server = meet(answering_once(OK))
        names = Names(monkeypatch, ("127.0.0.1", server.port))
        client = HttpClient(Origin.parse(f"http://names.test:{server.port}"))
        for _ in range(3):
            assert client.exchange(GET, 5.0).status == 201
            gevent.sleep(0.01)
        assert server.connections == 3
        assert names.looked_up == 1
        client.close()

    def test_by_a_real_name_works(self, meet: Meet) -> None:
        _, server = meet(answering(OK))
        client = HttpClient(Origin.parse(f"http://localhost:{server.port}"))
        assert client.exchange(GET, 5.0).status == 201
        client.close()

    def test_by_a_name_nobody_knows_is_a_dns_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        names = Names(monkeypatch)
        client = HttpClient(Origin.parse("http://names.test"))
        error = failure(client)
        assert error.kind == "dns"
        assert "names.test" in error.detail
        assert failure(client).kind == "dns"
        assert names.looked_up == 2, "a failed look-up is not remembered"

    def test_waits_for_a_look_up_no_longer_than_for_a_connection(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Names(monkeypatch, delay_s=30.0)
        client = HttpClient(Origin.parse("http://names.test"), connect_timeout_s=0.1)
        assert failure(client).kind == "connect-timeout"

    def test_tries_the_next_address_and_remembers_which_one_answered(
        self, meet: Meet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, server = meet(answering_once(OK))
        with full_server() as full, socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            refused = unused.getsockname()[1]
            Names(monkeypatch, *(("127.0.0.1", port) for port in (refused, full, server.port)))
            client = HttpClient(Origin.parse("http://names.test"), connect_timeout_s=0.6)
            started = time.perf_counter()
            assert client.exchange(GET, 5.0).status == 201
            assert time.perf_counter() - started > 0.25, "the full server was given its share"
            started = time.perf_counter()
            gevent.sleep(0.01)
            assert client.exchange(GET, 5.0).status == 201
            assert time.perf_counter() - started < 0.2
            client.close()

    def test_with_no_address_that_answers_fails_with_the_last_ones_reason(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with full_server() as full, socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            refused = unused.getsockname()[1]
            addresses = [("127.0.0.1", full), ("127.0.0.1", refused)]
            Names(monkeypatch, *addresses)
            client = HttpClient(Origin.parse("http://names.test"), connect_timeout_s=0.2)
            assert failure(client).kind == "connect-refused"
            Names(monkeypatch, *reversed(addresses))
            client = HttpClient(Origin.parse("http://names.test"), connect_timeout_s=0.2)
            assert failure(client).kind == "connect-timeout"

    def test_over_ipv6_works(self) -> None:
        try:
            server = RudeServer(answering(OK), family=socket.AF_INET6)
        except OSError:
            pytest.skip("this machine has no IPv6 loopback; enable net.ipv6 on lo to run this")
        client = HttpClient(Origin.parse(f"http://[::1]:{server.port}"))
        assert client.exchange(GET, 5.0).status == 201
        client.close()
        server.close()

    def test_ends_with_a_kill(self) -> None:
        with full_server() as port:
            client = HttpClient(Origin.parse(f"http://127.0.0.1:{port}"))
            user = gevent.spawn(client.exchange, GET, 30.0)
            gevent.sleep(0.05)
            user.kill()  # the fixture looks for the socket

    def test_without_a_file_descriptor_left_blames_the_load_generator(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        client = HttpClient(Origin.parse("http://127.0.0.1:1"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        try:
            error = failure(client)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert error.kind == "out-of-files"


class TestTls:
    def test_by_name_checks_that_name(self, authority: Authority) -> None:
        server = RudeServer(answering(OK), tls=authority.server_context("DNS:localhost"))
        trusting = authority.trusting_context()
        client = HttpClient(Origin.parse(f"https://localhost:{server.port}"), tls=trusting)
        assert client.exchange(GET, 5.0).status == 201
        client.close()
        stranger = HttpClient(Origin.parse(f"https://127.0.0.1:{server.port}"), tls=trusting)
        error = failure(stranger)
        assert error.kind == "tls"
        assert "127.0.0.1" in error.detail
        server.close()

    def test_trusts_nobody_by_itself(self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
        server = RudeServer(answering(OK), tls=contexts[0])
        error = failure(HttpClient(Origin.parse(f"https://127.0.0.1:{server.port}")))
        assert error.kind == "tls"
        assert "certificate" in error.detail
        server.close()

    def test_reads_the_systems_certificates_once_for_all_users(self) -> None:
        assert verifying_context() is verifying_context()
        assert verifying_context().verify_mode == ssl.CERT_REQUIRED
        assert verifying_context().check_hostname

    def test_with_a_server_that_speaks_plain_http_is_a_tls_failure(self) -> None:
        def script(peer: Peer) -> None:
            peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            peer.wait_for_end()

        server = RudeServer(script)
        assert failure(HttpClient(Origin.parse(f"https://127.0.0.1:{server.port}"))).kind == "tls"
        server.close()

    def test_with_a_silent_server_is_a_connect_timeout(self) -> None:
        server = RudeServer(Peer.wait_for_end)
        client = HttpClient(Origin.parse(f"https://127.0.0.1:{server.port}"), connect_timeout_s=0.1)
        assert failure(client).kind == "connect-timeout"
        server.close()

    @pytest.mark.parametrize(("ending", "kind"), [("close", "tls"), ("reset", "reset")])
    def test_with_a_server_that_ends_the_handshake_fails(self, ending: str, kind: str) -> None:
        def script(peer: Peer) -> None:
            peer.read_some()
            if ending == "reset":
                peer.reset()

        server = RudeServer(script)
        assert failure(HttpClient(Origin.parse(f"https://127.0.0.1:{server.port}"))).kind == kind
        server.close()

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_of_each_version_carries_large_bodies_both_ways(
        self, authority: Authority, version: ssl.TLSVersion
    ) -> None:
        context = authority.server_context("IP:127.0.0.1")
        context.minimum_version = context.maximum_version = version

        def script(peer: Peer) -> None:
            while True:
                peer.send(with_length(peer.read_request()))

        server = RudeServer(script, tls=context)
        client = HttpClient(
            Origin.parse(f"https://127.0.0.1:{server.port}"), tls=authority.trusting_context()
        )
        body = os.urandom(BIG_BYTES)
        for _ in range(2):
            assert client.exchange(post(body), 20.0).body == body
        assert server.connections == 1
        client.close()
        server.close()

    def test_whose_own_goodbye_came_while_idle_is_replaced(
        self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
    ) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(OK)
            peer.say_goodbye()
            peer.stay()

        server = RudeServer(script, answering(OTHER), tls=contexts[0])
        client = HttpClient(Origin.parse(f"https://127.0.0.1:{server.port}"), tls=contexts[1])
        assert client.exchange(GET, 5.0).body == b"ok"
        gevent.sleep(0.02)
        assert client.exchange(post(b"{}"), 5.0).body == b"other"
        client.close()
        server.close()

    def test_that_ends_with_its_own_goodbye_ends_a_body_without_a_length(
        self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
    ) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(b"HTTP/1.1 200 OK\r\n\r\nall of it")
            peer.say_goodbye()
            peer.stay()

        server = RudeServer(script, tls=contexts[0])
        client = HttpClient(Origin.parse(f"https://127.0.0.1:{server.port}"), tls=contexts[1])
        assert client.exchange(GET, 5.0).body == b"all of it"
        server.close()


def test_plain_http_to_a_tls_server_is_no_success(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server = RudeServer(answering(OK), tls=contexts[0])
    client = HttpClient(Origin.parse(f"http://127.0.0.1:{server.port}"))
    assert failure(client).kind in ("closed", "reset", "bad-reply")
    server.close()


class SecondReply:
    """A script that answers one request twice, the second time when the test says so."""

    def __init__(self) -> None:
        self._wanted, self._sent = Event(), Event()

    def __call__(self, peer: Peer) -> None:
        peer.read_request()
        peer.send(OK)
        self._wanted.wait()
        self._wanted.clear()
        peer.send(OTHER)
        self._sent.set()
        peer.stay()

    def send(self) -> None:
        self._wanted.set()
        assert self._sent.wait(5)
        self._sent.clear()


class Names:
    """Stands in for the resolver: every name has these addresses."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int], delay_s: float = 0.0
    ) -> None:
        self._addresses = addresses
        self._delay_s = delay_s
        self.looked_up = 0
        monkeypatch.setattr(dialer, "getaddrinfo", self._look_up)

    def _look_up(self, *_: object) -> list[tuple[object, ...]]:
        self.looked_up += 1
        gevent.sleep(self._delay_s)
        if not self._addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where) for where in self._addresses]


@contextmanager
def full_server() -> Iterator[int]:
    """Listens, but its queue is full: the kernel lets attempts to connect hang."""
    with socket.socket() as listener, ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def busy(seconds: float) -> None:
    """Keeps the whole process from doing anything else."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass
