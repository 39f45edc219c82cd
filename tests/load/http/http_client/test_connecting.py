from __future__ import annotations

import _socket
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import gevent
import pytest

from jobload.load.http import addresses as address_book
from jobload.load.http import dialer
from jobload.load.http.http_client import HttpClient
from jobload.load.http.origin import Origin

from .conftest import Meet
from .exchanges import GET, OK, failure
from .rude_server import RudeServer, answering, answering_once

pytestmark = pytest.mark.waits


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
        names = Names(monkeypatch, ("127.0.0.1", server.port), delay_s=0.5)
        client = HttpClient(Origin.parse(f"http://names.test:{server.port}"))
        started = time.perf_counter()
        assert failure(client, timeout_s=0.8).kind == "timeout"
        assert 0.79 < time.perf_counter() - started < 1.2
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
            client = HttpClient(Origin.parse("http://names.test"), connect_timeout_s=1.2)
            started = time.perf_counter()
            assert client.exchange(GET, 5.0).status == 201
            assert time.perf_counter() - started > 0.5, "the full server was given its share"
            started = time.perf_counter()
            gevent.sleep(0.01)
            assert client.exchange(GET, 5.0).status == 201
            assert time.perf_counter() - started < 0.4
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


class Names:
    """Stands in for the resolver: every name has these addresses."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int], delay_s: float = 0.0
    ) -> None:
        self._addresses = addresses
        self._delay_s = delay_s
        self.looked_up = 0
        monkeypatch.setattr(address_book, "getaddrinfo", self._look_up)

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
