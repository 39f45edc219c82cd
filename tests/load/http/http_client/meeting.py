"""Brings a client and a server that misbehaves on purpose together, over TCP or over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol, TypeVar

from jobload.load.http.http_client import HttpClient
from jobload.load.http.origin import Origin

from .certificates import Contexts
from .rude_server import RudeServer, Script

Client = TypeVar("Client", bound=HttpClient, covariant=True)


class Meeting(Protocol[Client]):
    def __call__(self, *scripts: Script, **limits: Any) -> tuple[Client, RudeServer]:
        """`limits` are the client's."""


@contextmanager
def meeting(client_class: type[Client], contexts: Contexts | None) -> Iterator[Meeting[Client]]:
    """Over TLS when there are contexts for it."""
    serving, trusting = contexts or (None, None)
    with ExitStack() as stack:

        def meet(*scripts: Script, **limits: Any) -> tuple[Client, RudeServer]:
            server = RudeServer(*scripts, tls=serving)
            stack.callback(server.close)
            origin = Origin.parse(f"{'https' if contexts else 'http'}://127.0.0.1:{server.port}")
            client = client_class(origin, tls=trusting, **limits)
            stack.callback(client.close)
            return client, server

        yield meet
