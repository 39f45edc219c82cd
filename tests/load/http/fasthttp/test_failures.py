"""What Locust's client does in its own way; the rest of its failures is in any_client."""

from __future__ import annotations

import socket
import time

import gevent
import pytest
from http_client.certificates import Authority, Contexts
from http_client.exchanges import GET, OK, failure, with_length
from http_client.rude_server import Peer, RudeServer, answering

from jobload.load.fasthttp.client import FastHttpClient
from jobload.load.http.origin import Origin

from .conftest import Meet


def client_of(address: str, **limits: float) -> FastHttpClient:
    return FastHttpClient(Origin.parse(address), **limits)  # type: ignore[arg-type]


def test_a_body_that_is_no_gzip_is_a_bad_reply(meet: Meet) -> None:
    sent = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
    client, _ = meet(answering(sent))
    assert failure(client).kind == "bad-reply"


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


def test_an_address_without_a_listener_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failure(client_of(f"http://127.0.0.1:{port}")).kind == "connect-refused"


def test_a_name_without_an_address_is_a_dns_failure() -> None:
    error = failure(client_of("http://no-such-host.invalid"))
    assert error.kind == "dns"
    assert "no-such-host.invalid" in error.detail


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
