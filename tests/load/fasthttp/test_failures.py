"""Failures have the kinds that they have with jobload's own client, and each is reported once."""

from __future__ import annotations

import socket
import time

import gevent
import pytest
from http_client.certificates import Authority, Contexts
from http_client.exchanges import GET, OK, one_by_one, post, with_length
from http_client.rude_server import Peer, RudeServer, answering, answering_once

from jobload.load.fasthttp.client import FastHttpClient
from jobload.load.http_error import HttpError
from jobload.load.origin import Origin

from .conftest import Meet


def failure(client: FastHttpClient, request: bytes = GET, timeout_s: float = 5.0) -> HttpError:
    with pytest.raises(HttpError) as caught:
        client.exchange(request, timeout_s)
    return caught.value


def client_of(address: str, **limits: float) -> FastHttpClient:
    return FastHttpClient(Origin.parse(address), **limits)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"", "closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "closed"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "closed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "closed"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "bad-reply"),
        (b"HTTP/1.1 OK\r\n\r\n", "bad-reply"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "bad-reply"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "bad-reply"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "bad-reply"),
        (with_length(b"one") + with_length(b"two"), "bad-reply"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "bad-reply"),
    ],
)
def test_a_broken_reply_has_a_kind_and_is_not_asked_for_again(
    meet: Meet, sent: bytes, kind: str
) -> None:
    client, server = meet(answering_once(sent), answering(OK))
    error = failure(client)
    assert (error.kind, bool(error.detail)) == (kind, True)
    gevent.sleep(0.02)
    assert server.connections == 1
    assert client.exchange(GET, 5.0).body == b"ok"
    assert server.connections == 2


@pytest.mark.parametrize("sent", [b"", with_length(b"half")[:-2]])
def test_a_reset_is_a_reset(meet: Meet, sent: bytes, scheme: str) -> None:
    """gevent's TLS takes it for an end."""

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(sent)
        gevent.sleep(0.02)
        peer.reset()

    client, server = meet(script)
    assert failure(client).kind == ("reset" if scheme == "http" else "closed")
    assert server.connections == 1


@pytest.mark.parametrize("method", [b"GET", b"PUT", b"DELETE", b"POST"])
def test_what_the_library_would_send_again_is_sent_once(meet: Meet, method: bytes) -> None:
    requests: list[bytes] = []

    def script(peer: Peer) -> None:
        requests.append(peer.read_request())
        peer.send(OK)
        requests.append(peer.read_request())

    client, server = meet(script)
    request = post(b"{}").replace(b"POST", method)
    assert client.exchange(request, 5.0).status == 201
    assert failure(client, request).kind == "closed"
    gevent.sleep(0.05)
    assert (len(requests), server.connections) == (2, 1)


def test_an_address_without_a_listener_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failure(client_of(f"http://127.0.0.1:{port}")).kind == "connect-refused"


def test_a_name_without_an_address_is_a_dns_failure() -> None:
    error = failure(client_of("http://no-such-host.invalid"))
    assert error.kind == "dns"
    assert "no-such-host.invalid" in error.detail


@pytest.mark.parametrize(
    "segments",
    [
        [b""],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"],
        one_by_one(with_length(bytes(1000))),
    ],
    ids=["no reply", "half a reply", "a drip that never pauses for long"],
)
@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_the_timeout_covers_the_whole_reply(
    meet: Meet, segments: list[bytes], method: bytes
) -> None:
    client, _ = meet(answering(*segments))
    started = time.perf_counter()
    error = failure(client, GET.replace(b"GET", method), timeout_s=0.15)
    assert (error.kind, "0.15 s" in error.detail) == ("timeout", True)
    assert 0.14 < time.perf_counter() - started < 1.0


def test_a_late_reply_is_not_taken_for_the_next_one(meet: Meet) -> None:
    def late(peer: Peer) -> None:
        peer.read_request()
        gevent.sleep(0.1)
        peer.send(with_length(b"first"))
        peer.wait_for_end()

    client, server = meet(late, answering(with_length(b"second")))
    assert failure(client, timeout_s=0.05).kind == "timeout"
    gevent.sleep(0.1)
    assert client.exchange(GET, 5.0).body == b"second"
    assert server.connections == 2


def test_what_follows_a_reply_is_not_taken_for_the_next_one(meet: Meet) -> None:
    def eager(peer: Peer) -> None:
        peer.read_request()
        peer.send(OK + OK[:20])
        peer.read_request()
        peer.send(OK[20:])

    client, server = meet(eager, answering(with_length(b"second")))
    assert failure(client).kind == "bad-reply"
    assert client.exchange(GET, 5.0).body == b"second"
    assert server.connections == 2


def test_the_timeout_is_over_when_the_reply_is_there(meet: Meet) -> None:
    client, _ = meet(answering(OK))
    for _ in range(4):
        assert client.exchange(GET, 0.3).status == 201
    gevent.sleep(0.4)


@pytest.mark.parametrize("timeout_s", [0.0, -1.0])
def test_a_timeout_of_nothing_is_not_for_ever(meet: Meet, timeout_s: float) -> None:
    client, _ = meet(answering(b""))
    assert failure(client, timeout_s=timeout_s).kind in ("timeout", "connect-timeout")


@pytest.mark.parametrize(("connect_timeout_s", "timeout_s"), [(0.1, 5.0), (5.0, 0.1)])
def test_a_handshake_without_an_answer_is_a_connect_timeout(
    connect_timeout_s: float, timeout_s: float
) -> None:
    server = RudeServer(Peer.wait_for_end)
    client = client_of(f"https://127.0.0.1:{server.port}", connect_timeout_s=connect_timeout_s)
    started = time.perf_counter()
    error = failure(client, timeout_s=timeout_s)
    assert (error.kind, "within 0.1 s" in error.detail) == ("connect-timeout", True)
    assert time.perf_counter() - started < 2.0
    server.close()


@pytest.mark.parametrize(
    "sent",
    [
        with_length(bytes(2000)),
        b"HTTP/1.1 200 OK\r\n\r\n" + bytes(2000),
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
    ],
    ids=["length", "until close", "endless head", "endless 1xx"],
)
def test_a_reply_over_the_limit_is_too_large(meet: Meet, sent: bytes) -> None:
    client, _ = meet(answering(sent), max_response_bytes=1000)
    assert failure(client).kind == "too-large"


def test_a_user_that_is_killed_leaves_no_connection(meet: Meet) -> None:
    client, server = meet(answering(b""))
    user = gevent.spawn(client.exchange, GET, 60.0)
    while not server.connections:
        gevent.sleep(0.001)
    user.kill()
    assert isinstance(user.value, gevent.GreenletExit)


class TestTls:
    def test_trusts_nobody_by_itself(self, contexts: Contexts) -> None:
        server = RudeServer(answering(OK), tls=contexts[0])
        error = failure(client_of(f"https://127.0.0.1:{server.port}"))
        assert error.kind == "tls"
        assert "certificate" in error.detail
        server.close()

    def test_checks_the_name(self, authority: Authority) -> None:
        server = RudeServer(answering(OK), tls=authority.server_context("DNS:localhost"))
        trusting = authority.trusting_context()
        for host, kind in (("localhost", None), ("127.0.0.1", "tls")):
            client = FastHttpClient(Origin.parse(f"https://{host}:{server.port}"), tls=trusting)
            if kind is None:
                assert client.exchange(GET, 5.0).status == 201
            else:
                assert failure(client).kind == kind
            client.close()
        server.close()

    def test_trust_is_not_widened_by_the_library(self, contexts: Contexts) -> None:
        before = contexts[1].cert_store_stats()
        client = FastHttpClient(Origin.parse("https://127.0.0.1:1"), tls=contexts[1])
        assert contexts[1].cert_store_stats() == before
        client.close()
