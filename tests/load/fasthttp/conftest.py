"""Brings Locust's client and a server that misbehaves on purpose together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest
from http_client.conftest import _no_file_stays_open, authority, contexts, scheme
from http_client.rude_server import RudeServer, Script

from jobload.load.fasthttp.client import FastHttpClient
from jobload.load.origin import Origin

__all__ = ["_no_file_stays_open", "authority", "contexts", "scheme"]


class Meet(Protocol):
    def __call__(self, *scripts: Script, **limits: Any) -> tuple[FastHttpClient, RudeServer]: ...


@pytest.fixture
def meet(scheme: str, request: pytest.FixtureRequest) -> Iterator[Meet]:
    """Over plain TCP and over TLS; `limits` are the client's."""
    tls = scheme == "https"
    serving, trusting = request.getfixturevalue("contexts") if tls else (None, None)
    with ExitStack() as stack:

        def meet(*scripts: Script, **limits: Any) -> tuple[FastHttpClient, RudeServer]:
            server = RudeServer(*scripts, tls=serving)
            stack.callback(server.close)
            origin = Origin.parse(f"{scheme}://127.0.0.1:{server.port}")
            client = FastHttpClient(origin, tls=trusting, **limits)
            stack.callback(client.close)
            return client, server

        yield meet
