"""jobload's own client meets servers over TCP and over TLS, and leaves no file open."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from jobload.load.http.http_client import HttpClient

from .certificates import Authority, Contexts
from .meeting import Meeting, meeting

Meet = Meeting[HttpClient]


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
def contexts_of_scheme(scheme: str, request: pytest.FixtureRequest) -> Contexts | None:
    contexts: Contexts | None = request.getfixturevalue("contexts") if scheme == "https" else None
    return contexts


@pytest.fixture
def meet(contexts_of_scheme: Contexts | None) -> Iterator[Meet]:
    with meeting(HttpClient, contexts_of_scheme) as meet:
        yield meet
