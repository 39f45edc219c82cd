"""What a user sends its attempts through; the scenario says which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from jobload.load.fasthttp.client import FastHttpClient
from jobload.load.http.http_client import HttpClient
from jobload.load.http.reply import Reply
from jobload.load.users.workload import Workload


class Client(Protocol):
    def exchange(self, request: bytes, timeout_s: float, *, expect_body: bool = True) -> Reply:
        """One attempt, of a request as it goes over the wire; HttpError without a reply."""

    def close(self) -> None: ...


def client_for(workload: Workload, on_connected: Callable[[float], None]) -> Client:
    """FastHttpUser's does not tell how long it took to connect: its replies' times have it."""
    if workload.scenario.client == "fasthttp":
        return FastHttpClient(workload.origin, tls=workload.tls)
    return HttpClient(
        workload.origin,
        tls=workload.tls,
        addresses=workload.addresses,
        on_connected=on_connected,
    )
