from __future__ import annotations

import time

import gevent
import pytest

from .conftest import Meet
from .exchanges import GET, OK, OTHER, busy, failure, one_by_one, with_length
from .rude_server import Peer, answering, answering_once

pytestmark = pytest.mark.timed


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
        for timeout_s in (0.3, 0.3, 0.4, 0.3):
            assert client.exchange(GET, timeout_s).status == 201
        gevent.sleep(0.5)

    def test_starts_anew_with_each_request(self, meet: Meet) -> None:
        def script(peer: Peer) -> None:
            while True:
                peer.read_request()
                gevent.sleep(0.2)
                peer.send(OK)

        client, server = meet(script)
        for _ in range(4):
            assert client.exchange(GET, 0.5).status == 201
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

    def test_holds_for_a_connection_that_was_idle_for_longer_than_it(self, meet: Meet) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(OK)
            peer.read_request()
            peer.wait_for_end()

        client, server = meet(script)
        client.exchange(GET, 0.1)
        gevent.sleep(0.2)
        started = time.perf_counter()
        assert failure(client, timeout_s=0.1).kind == "timeout"
        assert 0.09 < time.perf_counter() - started < 1.0
        assert server.connections == 1

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

    def test_that_a_busy_process_missed_is_over_with_that_reply(self, meet: Meet) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(with_length(bytes(100_000)))  # more than is read at once
            busy(0.3)
            peer.read_request()
            peer.send(OK[:20])
            gevent.sleep(0.05)
            peer.send(OK[20:])

        client, server = meet(script)
        assert client.exchange(GET, 0.2).status == 200
        assert client.exchange(GET, 5.0).status == 201
        assert server.connections == 1

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
