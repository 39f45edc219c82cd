from __future__ import annotations

import os
import ssl

import gevent
import pytest
from gevent.socket import getaddrinfo

from jobload.load.http import addresses
from jobload.load.http.http_client import HttpClient
from jobload.load.http.origin import Origin
from jobload.load.http.tls_context import tls_context
from jobload.load.http.tls_stream import verifying_context
from jobload.plan.tls import Tls

from .certificates import Authority, Contexts
from .exchanges import BIG_BYTES, GET, OK, OTHER, failure, post, with_length
from .rude_server import Peer, RudeServer, answering


class TestTls:
    @pytest.mark.parametrize("host", ["localhost", "localhost."])
    def test_by_name_checks_that_name(
        self, authority: Authority, host: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its dot at the end is of DNS alone (RFC 6066, 3)."""
        monkeypatch.setattr(
            addresses, "getaddrinfo", lambda name, *more: getaddrinfo(name.rstrip("."), *more)
        )
        serving = authority.server_context("DNS:localhost")
        asked: list[str] = []
        serving.sni_callback = lambda _, name, __: asked.append(name)
        server = RudeServer(answering(OK), tls=serving)
        trusting = authority.trusting_context()
        client = HttpClient(Origin.parse(f"https://{host}:{server.port}"), tls=trusting)
        assert client.exchange(GET, 5.0).status == 201
        assert asked == ["localhost"]
        client.close()
        stranger = HttpClient(Origin.parse(f"https://127.0.0.1:{server.port}"), tls=trusting)
        error = failure(stranger)
        assert error.kind == "tls"
        assert "127.0.0.1" in error.detail
        server.close()

    def test_trusts_nobody_by_itself(self, contexts: Contexts) -> None:
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

    def test_shows_its_certificate_when_asked_after_the_handshake(
        self, authority: Authority
    ) -> None:
        serving = authority.server_context("IP:127.0.0.1")
        serving.load_verify_locations(authority.certificate)
        serving.verify_mode = ssl.CERT_REQUIRED
        serving.post_handshake_auth = True
        cert, key = authority.issue("DNS:client")

        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(with_length(peer.ask_for_certificate()))

        server = RudeServer(script, tls=serving)
        tls = Tls(ca=str(authority.certificate), cert=str(cert), key=str(key))
        client = HttpClient(Origin.parse(f"https://127.0.0.1:{server.port}"), tls=tls_context(tls))
        shown = client.exchange(GET, 5.0).body
        assert shown == ssl.PEM_cert_to_DER_cert(cert.read_text())
        client.close()
        server.close()

    def test_whose_own_goodbye_came_while_idle_is_replaced(self, contexts: Contexts) -> None:
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
        self, contexts: Contexts
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
    contexts: Contexts,
) -> None:
    server = RudeServer(answering(OK), tls=contexts[0])
    client = HttpClient(Origin.parse(f"http://127.0.0.1:{server.port}"))
    assert failure(client).kind in ("closed", "reset", "bad-reply")
    server.close()
