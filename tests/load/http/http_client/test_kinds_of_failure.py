from __future__ import annotations

import gevent
import pytest

from .conftest import Meet
from .exchanges import GET, OK, failure, post, with_length
from .rude_server import Peer, answering, answering_once


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

    @pytest.mark.parametrize("method", [b"GET", b"PUT", b"DELETE", b"POST"])
    def test_is_reported_not_retried(self, meet: Meet, method: bytes) -> None:
        requests: list[bytes] = []

        def script(peer: Peer) -> None:
            while True:
                requests.append(peer.read_request())
                if len(requests) == 2:
                    return
                peer.send(OK)

        client, server = meet(script)
        assert client.exchange(post(b"1").replace(b"POST", method), 5.0).status == 201
        assert failure(client, post(b"2").replace(b"POST", method)).kind == "closed"
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
