"""Brings a client and a server that misbehaves on purpose together, over TCP and over TLS."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import gevent
import pytest

from jobload.load.http_client import HttpClient
from jobload.load.origin import Origin

from .certificates import Authority, Contexts
from .rude_server import RudeServer, Script


class Meet(Protocol):
    def __call__(
        self, *scripts: Script, connect_timeout_s: float = 5.0, max_response_bytes: int = ...
    ) -> tuple[HttpClient, RudeServer]: ...


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def contexts(authority: Authority) -> Contexts:
    return authority.server_context("IP:127.0.0.1"), authority.trusting_context()


@pytest.fixture(autouse=True)
def _no_file_stays_open() -> Iterator[None]:
    gevent.socket.getaddrinfo("127.0.0.1", 1)  # what gevent opens for itself is open now
    before = open_files()
    yield
    deadline = time.monotonic() + 5
    while open_files() > before and time.monotonic() < deadline:
        gevent.sleep(0.01)
    assert open_files() <= before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def meet(scheme: str, request: pytest.FixtureRequest) -> Iterator[Meet]:
    servers: list[RudeServer] = []
    clients: list[HttpClient] = []
    serving = trusting = None
    if scheme == "https":
        serving, trusting = request.getfixturevalue("contexts")

    def meet(
        *scripts: Script, connect_timeout_s: float = 5.0, max_response_bytes: int = 16 * 1024 * 1024
    ) -> tuple[HttpClient, RudeServer]:
        server = RudeServer(*scripts, tls=serving)
        servers.append(server)
        client = HttpClient(
            Origin.parse(f"{scheme}://127.0.0.1:{server.port}"),
            connect_timeout_s=connect_timeout_s,
            max_response_bytes=max_response_bytes,
            tls=trusting,
        )
        clients.append(client)
        return client, server

    yield meet
    for client in clients:
        client.close()
    for server in servers:
        server.close()
