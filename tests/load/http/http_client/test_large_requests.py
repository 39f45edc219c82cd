from __future__ import annotations

import hashlib
import os

import gevent
import pytest

from .conftest import Meet
from .exchanges import BIG_BYTES, GET, OK, failure, post, with_length
from .rude_server import Peer, answering


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
