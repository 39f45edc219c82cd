from __future__ import annotations

import os

import pytest

from jobload.load.http.http_error import HttpError
from jobload.load.http.secrets import Secrets

from .conftest import Meet
from .exchanges import BIG_BYTES, GET, HEAD, OK, one_by_one, post, with_length
from .rude_server import Peer, answering, answering_once

pytestmark = pytest.mark.waits


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

    def test_that_begins_with_a_secret_is_masked_before_it_is_cut(self, meet: Meet) -> None:
        secret = "0123456789abcdef" * 8 + "'\\"
        client, _ = meet(answering(secret.encode() + b" is what you sent\r\n\r\n"))
        with pytest.raises(HttpError) as raised:
            client.exchange(GET, 5.0)
        shown = Secrets([{"X": "${TOKEN}"}], {"TOKEN": secret}).redact(raised.value.detail)
        assert shown.endswith("it begins with *** is what you sent\r\n\r\n")
