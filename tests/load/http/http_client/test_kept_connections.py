from __future__ import annotations

import gevent
import pytest
from gevent.event import Event

from jobload.load.http import http_client
from jobload.load.http.http_client import HttpClient
from jobload.load.http.http_error import HttpError

from .conftest import Meet
from .exchanges import BIG_BYTES, GET, OK, OTHER, post, with_length
from .rude_server import Peer, answering


def trusted(meet: Meet) -> tuple[HttpClient, Peer]:
    """A client, and the peer that it has trusted for some milliseconds; the next one says OTHER."""
    peers: list[Peer] = []

    def script(peer: Peer) -> None:
        peers.append(peer)
        for _ in range(30):
            peer.read_request()
            peer.send(OK)
        peer.stay()

    client, _ = meet(script, answering(OTHER))
    for _ in range(30):
        assert client.exchange(GET, 5.0).body == b"ok"
    return client, peers[0]


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
        client, peer = trusted(meet)
        peer.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        peer.reset()
        assert outcome(client, post(b"{}")) in ("stale-connection", b"other")  # a probe has seen it

    @pytest.mark.parametrize("ending", ["close", "reset"])
    def test_that_ends_as_it_is_used_again_is_told_as_such(self, meet: Meet, ending: str) -> None:
        """So that people look at the keep-alive settings."""
        client, peer = trusted(meet)
        peer.reset() if ending == "reset" else peer.close_at_once()
        with pytest.raises(HttpError, match="keep-alive") as failed:
            client.exchange(post(b"{}"), 5.0)
        assert failed.value.kind == "stale-connection"

    @pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nConte"])
    def test_that_ends_once_the_request_was_read_is_closed(self, meet: Meet, said: bytes) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(OK)
            peer.read_request()
            peer.send(said)

        client, _ = meet(script)
        assert client.exchange(GET, 5.0).body == b"ok"
        with pytest.raises(HttpError) as failed:
            client.exchange(post(b"{}"), 5.0)
        assert (failed.value.kind, "keep-alive" in failed.value.detail) == ("closed", False)

    def test_that_ends_without_a_reply_after_a_second_may_have_had_its_time(
        self, meet: Meet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server such as lighttpd reads no more, and its kernel still takes the request."""

        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(OK)
            peer.read_request()

        client, _ = meet(script)
        assert client.exchange(GET, 5.0).body == b"ok"
        monkeypatch.setattr(http_client, "SHORTEST_KEEP_ALIVE_S", 0.0)
        with pytest.raises(HttpError, match="keep-alive timeout") as failed:
            client.exchange(post(b"{}"), 5.0)
        assert failed.value.kind == "closed"

    def test_that_is_reset_long_after_the_request_was_read_is_a_reset(self, meet: Meet) -> None:
        def script(peer: Peer) -> None:
            peer.read_request()
            peer.send(OK)
            peer.read_request()
            gevent.sleep(0.2)  # kernels may take 40 ms to say that something came
            peer.reset()

        client, _ = meet(script)
        assert client.exchange(GET, 5.0).body == b"ok"
        assert outcome(client, post(b"{}")) == "reset"

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


def outcome(client: HttpClient, request: bytes) -> bytes | str:
    try:
        return client.exchange(request, 5.0).body
    except HttpError as error:
        return error.kind


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
