"""A name that leads elsewhere in mid-run, and one that leads to several places."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterator

import gevent
import pytest

from jobload.load.http import addresses
from jobload.load.http.addresses import Addresses
from jobload.load.http.http_client import HttpClient
from jobload.load.http.origin import Origin

from .exchanges import GET, OK, failure
from .rude_server import RudeServer, answering, answering_once

pytestmark = pytest.mark.waits

ORIGIN = Origin.parse("http://names.test:80")


class Resolver:
    """Knows one name; the test moves it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
        self.ports: tuple[int, ...] = ports
        self.asked = 0
        self.delay_s = 0.0
        self.fails = False
        monkeypatch.setattr(addresses, "getaddrinfo", self._look_up)

    def _look_up(self, *_: object) -> list[tuple[object, ...]]:
        self.asked += 1
        gevent.sleep(self.delay_s)
        if self.fails:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", p)) for p in self.ports]


@pytest.fixture
def servers() -> Iterator[list[RudeServer]]:
    """Each ends its connections after one reply."""
    running = [RudeServer(answering_once(OK)) for _ in range(3)]
    yield running
    for server in running:
        server.close()


def users(count: int, book: Addresses) -> list[HttpClient]:
    return [HttpClient(ORIGIN, addresses=book) for _ in range(count)]


def test_a_name_that_moves_when_its_server_dies_is_followed_within_five_seconds(
    monkeypatch: pytest.MonkeyPatch, servers: list[RudeServer]
) -> None:
    old, new = servers[0], servers[1]
    names = Resolver(monkeypatch, old.port)
    crowd = users(20, Addresses(ORIGIN))
    for client in crowd:
        client.exchange(GET, 5.0)
    names.ports = (new.port,)
    old.close()
    died_s = time.monotonic()
    while new.connections < len(crowd):
        for client in crowd:
            gevent.spawn(client.exchange, GET, 1.0).join()
        assert time.monotonic() - died_s < 5.0
        gevent.sleep(0.05)
    assert names.asked <= 6, "not by each user"
    for client in crowd:
        client.close()


def test_a_name_is_looked_up_again_for_a_connection_after_half_a_minute(
    monkeypatch: pytest.MonkeyPatch, servers: list[RudeServer]
) -> None:
    names = Resolver(monkeypatch, servers[0].port)
    (client,) = users(1, Addresses(ORIGIN))
    client.exchange(GET, 5.0)
    names.ports = (servers[1].port,)
    client.exchange(GET, 5.0)
    assert (names.asked, servers[1].connections) == (1, 0)
    later_s = time.perf_counter() + addresses.GOOD_FOR_S
    monkeypatch.setattr(addresses, "perf_counter", lambda: later_s)
    client.exchange(GET, 5.0)
    assert (names.asked, servers[1].connections) == (2, 1)
    client.close()


def test_a_resolver_in_trouble_does_no_harm_while_the_old_addresses_answer(
    monkeypatch: pytest.MonkeyPatch, servers: list[RudeServer]
) -> None:
    names = Resolver(monkeypatch, servers[0].port)
    monkeypatch.setattr(addresses, "GOOD_FOR_S", 0.0)
    (client,) = users(1, Addresses(ORIGIN))
    client.exchange(GET, 5.0)
    names.fails = True
    assert client.exchange(GET, 5.0).status == 201
    assert names.asked == 2
    client.close()


def test_several_addresses_share_the_users(
    monkeypatch: pytest.MonkeyPatch, servers: list[RudeServer]
) -> None:
    Resolver(monkeypatch, *(server.port for server in servers))
    for client in users(30, Addresses(ORIGIN)):
        client.exchange(GET, 5.0)
        client.close()
    assert [server.connections for server in servers] == [10, 10, 10]


def test_a_kept_connection_stays_where_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = RudeServer(answering(OK))
    names = Resolver(monkeypatch, server.port)
    monkeypatch.setattr(addresses, "GOOD_FOR_S", 0.0)
    (client,) = users(1, Addresses(ORIGIN))
    for _ in range(3):
        client.exchange(GET, 5.0)
    assert (names.asked, server.connections) == (1, 1)
    client.close()
    server.close()


def test_users_that_begin_at_once_share_one_look_up(
    monkeypatch: pytest.MonkeyPatch, servers: list[RudeServer]
) -> None:
    names = Resolver(monkeypatch, servers[0].port)
    names.delay_s = 0.05
    crowd = users(50, Addresses(ORIGIN))
    gevent.joinall([gevent.spawn(c.exchange, GET, 5.0) for c in crowd], raise_error=True)
    assert names.asked == 1
    for client in crowd:
        client.close()


def test_who_gives_up_while_it_looks_does_not_leave_the_others_waiting(
    monkeypatch: pytest.MonkeyPatch, servers: list[RudeServer]
) -> None:
    names = Resolver(monkeypatch, servers[0].port)
    names.delay_s = 0.2
    hasty, patient = users(2, Addresses(ORIGIN))
    waiting = gevent.spawn(failure, hasty, GET, 0.1)
    gevent.sleep(0.01)
    assert patient.exchange(GET, 5.0).status == 201
    assert waiting.get().kind == "connect-timeout"
    assert "no address of" in str(waiting.get())
    assert names.asked == 1, "which is still under way"
    patient.close()


def test_a_resolver_that_does_not_answer_is_asked_once_however_many_give_up(
    monkeypatch: pytest.MonkeyPatch, servers: list[RudeServer]
) -> None:
    """Each question holds a thread, of which there are ten for all names."""
    names = Resolver(monkeypatch, servers[0].port)
    names.delay_s = 0.5
    crowd = users(20, Addresses(ORIGIN))
    kinds = Counter(failure(client, GET, 0.01).kind for client in crowd)
    assert kinds == {"connect-timeout": 20}
    assert names.asked == 1
    assert crowd[0].exchange(GET, 5.0).status == 201
    assert names.asked == 1
    crowd[0].close()


def test_a_name_that_was_not_known_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, servers: list[RudeServer]
) -> None:
    names = Resolver(monkeypatch, servers[0].port)
    names.fails = True
    (client,) = users(1, Addresses(ORIGIN))
    assert failure(client).kind == "dns"
    names.fails = False
    assert client.exchange(GET, 5.0).status == 201
    assert names.asked == 2
    client.close()


@pytest.mark.parametrize(
    ("families", "orders"),
    [
        ([6, 6, 4, 4], [[0, 1, 2, 3], [1, 0, 3, 2], [0, 1, 2, 3]]),
        ([6, 4], [[0, 1], [0, 1]]),
        ([4, 4, 4], [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]),
    ],
)
def test_the_family_that_the_system_prefers_stays_the_first(
    families: list[int], orders: list[list[int]]
) -> None:
    book = Addresses(ORIGIN)
    found = [(family, number) for number, family in enumerate(families)]
    for order in orders:
        assert [number for _, number in book.in_turn(found)] == order


def test_all_addresses_failing_is_told_once_a_second_to_the_resolver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        names = Resolver(monkeypatch, unused.getsockname()[1])
        (client,) = users(1, Addresses(ORIGIN))
        kinds = Counter(failure(client).kind for _ in range(50))
    assert kinds == {"connect-refused": 50}
    assert names.asked <= 2
