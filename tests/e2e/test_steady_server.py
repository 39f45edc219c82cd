"""The server of known truth in C: it counts exactly, and its replies come when they should."""

import http.client
import socket
from collections.abc import Iterator
from statistics import median_high
from time import perf_counter

import pytest

from e2e.steady_server import SteadyServer, steady_server

pytestmark = pytest.mark.timed

DELAY_MS = 5.0
JOB = b"POST /jobs HTTP/1.1\r\nHost: a\r\nIdempotency-Key: %b\r\nContent-Length: 4\r\n\r\nbody"


@pytest.fixture
def server() -> Iterator[SteadyServer]:
    with steady_server(DELAY_MS) as server:
        yield server


def port(server: SteadyServer) -> int:
    return int(server.url.rpartition(":")[2])


def ask(server: SteadyServer, method: str, path: str, key: str | None = None) -> float:
    """How long it took, in ms."""
    client = http.client.HTTPConnection("127.0.0.1", port(server), timeout=10)
    client.connect()
    began_s = perf_counter()
    client.request(method, path, b"{}", {"Idempotency-Key": key} if key else {})
    reply = client.getresponse()
    took_s = perf_counter() - began_s
    assert (reply.status, reply.read()) == (201, b'{"id":"1","status":"pending"}')
    client.close()
    return took_s * 1e3


def test_it_counts_requests_and_keys_by_place(server: SteadyServer) -> None:
    for key in ("a", "b", "a"):
        ask(server, "POST", "/jobs", key)
    ask(server, "GET", "/")
    facts = server.facts()
    assert facts["requests"] == {"POST /jobs": 3, "GET /": 1}
    assert facts["keys"] == {"POST /jobs": 2}
    assert facts["answered"] == 4


def test_it_takes_as_long_as_it_was_told_and_says_how_long_it_did(server: SteadyServer) -> None:
    took_ms = [ask(server, "POST", "/jobs") for _ in range(20)]
    assert min(took_ms) >= DELAY_MS
    told = server.facts()["took_us"]
    assert DELAY_MS <= told["p50"] / 1e3 <= median_high(took_ms)
    assert told["p50"] <= told["p99"] <= told["max"]


def test_a_request_in_pieces_has_arrived_with_its_last_byte(server: SteadyServer) -> None:
    with socket.create_connection(("127.0.0.1", port(server)), 10) as raw:
        job = JOB % b"k"
        for piece in (job[:30], job[30:60], job[60:-2]):
            raw.sendall(piece)
            raw.settimeout(0.03)
            with pytest.raises(TimeoutError):
                raw.recv(1)
        raw.settimeout(10)
        began_s = perf_counter()
        raw.sendall(job[-2:])
        assert raw.recv(4096).startswith(b"HTTP/1.1 201")
        assert perf_counter() - began_s >= DELAY_MS / 1e3
    assert server.facts()["requests"] == {"POST /jobs": 1}


def test_many_at_once_each_have_their_own_time(server: SteadyServer) -> None:
    """All wait at the same time, so twenty take as long as one; those that left harm none."""
    raws = [socket.create_connection(("127.0.0.1", port(server)), 10) for _ in range(20)]
    began_s = perf_counter()
    for number, raw in enumerate(raws):
        raw.sendall(JOB % b"%d" % number)
    for raw in raws[:5]:
        raw.close()
    assert all(raw.recv(4096).startswith(b"HTTP/1.1 201") for raw in raws[5:])
    assert perf_counter() - began_s < 20 * DELAY_MS / 1e3
    for raw in raws[5:]:
        raw.close()
    facts = server.facts()
    assert (facts["requests"], facts["keys"]) == ({"POST /jobs": 20}, {"POST /jobs": 20})
    assert facts["answered"] >= 15
