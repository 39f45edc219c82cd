"""Requests, replies and small words that the tests of the client share."""

from __future__ import annotations

import time

import pytest

from jobload.load.http.http_client import HttpClient
from jobload.load.http.http_error import HttpError

GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nHost: test\r\n\r\n"
OK = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"
OTHER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother"
BIG_BYTES = 6_000_000  # more than both ends' socket buffers hold


def post(body: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def with_length(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def one_by_one(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


def failure(client: HttpClient, request: bytes = GET, timeout_s: float = 5.0) -> HttpError:
    with pytest.raises(HttpError) as caught:
        client.exchange(request, timeout_s)
    return caught.value


def busy(seconds: float) -> None:
    """Keeps the whole process from doing anything else."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass
