"""What a bad request gets: the right code, a problem document, no echo, never a 500."""

import socket
import time
from collections.abc import Iterator

import pytest
from target_process import (
    JOBS,
    Client,
    TargetProcess,
    running_redis,
    running_target,
)

GOOD = b'{"job_name": "a", "args": {}}'
JSON = b"Content-Type: application/json\r\n"


@pytest.fixture(scope="module")
def target() -> Iterator[TargetProcess]:
    with running_redis() as redis, running_target(redis.url, read_timeout_s=1) as process:
        yield process
        assert "Traceback" not in process.log.read_text()


@pytest.fixture
def client(target: TargetProcess) -> Iterator[Client]:
    client = target.client()
    yield client
    client.close()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def post(body: bytes, headers: bytes = JSON) -> bytes:
    head = b"POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def get(path: bytes, method: bytes = b"GET") -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


CHUNKED = post(b"").replace(b"Content-Length: 0\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n")


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (201, post(GOOD)),
        (201, post(GOOD, b"Content-Type: Application/JSON; charset=UTF-8\r\n")),
        (413, post(b"x" * ((1 << 20) + 1))),
        (413, CHUNKED + b"%x\r\n" % (2 << 20) + b"x" * (2 << 20) + b"\r\n0\r\n\r\n"),
        (415, post(GOOD, b"")),
        (415, post(GOOD, b"Content-Type: text/plain\r\n")),
        (415, post(GOOD, b"Content-Type: application/json; charset=utf-16\r\n")),
        (400, post(b'{"job_name": "secretword", "args": {}')),
        (422, post(b'{"job_name": "secretword", "args": [], "priority": 0}')),
        (422, post(b'{"job_name": "a", "args": {}, "secretword": 0}')),
        (400, post(GOOD, JSON + b"Idempotency-Key: secretword secretword\r\n")),
        (400, post(GOOD, JSON + b"Idempotency-Key: \r\n")),
        (400, post(GOOD, JSON + b"X-Jobload-Run: secretword secretword\r\n")),
        (400, post(GOOD, JSON + b"X-Jobload-Run: \r\n")),
        (422, get(b"/api/v1/jobs?limit=0")),
        (422, get(b"/api/v1/jobs?limit=101")),
        (422, get(b"/api/v1/jobs?limit=secretword")),
        (422, get(b"/api/v1/jobs?cursor=secretword")),
        (422, get(b"/api/v1/jobs?cursor=%ff")),
        (422, get(b"/api/v1/jobs?status=secretword")),
        (404, get(b"/api/v1/jobs/secretword")),
        (404, get(b"/api/v1/jobs/%00")),
        (404, get(b"/api/v1/jobs/" + b"0" * 32)),
        (404, get(b"/secretword")),
        (405, get(b"/api/v1/jobs", b"PUT")),
        (405, get(b"/api/v1/jobs/" + b"0" * 32, b"PATCH")),
        (400, get(b"/\xff")),
        (400, b"secretword\r\n\r\n"),
        (400, post(GOOD).replace(b"Content-Length: ", b"Content-Length: -")),
        (431, b"GET / HTTP/1.1\r\nX: " + b"x" * 400_000),
        (431, CHUNKED + b"0\r\n" + b"X: 1\r\n" * 400_000),
        (431, CHUNKED + b"0\r\nX: " + b"x" * 400_000),
        (201, CHUNKED + b"%x\r\n" % len(GOOD) + GOOD + b"\r\n0\r\nX: 1\r\n\r\n"),
        (
            201,
            CHUNKED
            + b"".join(b"1;note=%b\r\n%c\r\n" % (b"x" * 999, c) for c in GOOD)
            + b"0\r\n\r\n",
        ),
    ],
)
def test_a_request_gets_its_code_and_no_echo(
    target: TargetProcess, status: int, request_: bytes
) -> None:
    answer = target.raw(request_)
    assert status_of(answer) == status
    assert b"secretword" not in answer
    if status >= 400:
        assert b"application/problem+json" in answer
        assert b'"status":%d' % status in answer


def test_a_method_that_is_not_there_comes_with_those_that_are(client: Client) -> None:
    assert client.request("PUT", JOBS).headers["allow"] == "GET, POST"


def test_a_body_that_is_too_large_leaves_the_connection_usable(client: Client) -> None:
    assert client.submit(b"x" * (1 << 21)).status == 413
    assert client.submit().status == 201


def test_a_body_that_is_too_large_and_never_ends_is_refused_all_the_same(
    target: TargetProcess,
) -> None:
    """Waiting for the end of it is a courtesy, and has its limit."""
    assert status_of(target.raw(post(b"x" * (1 << 21))[:5000])) == 413


def test_a_body_of_exactly_the_limit_is_read(client: Client) -> None:
    frame = len(b'{"job_name": "a", "args": {"x": ""}}')
    body = b'{"job_name": "a", "args": {"x": "%b"}}' % (b"x" * ((1 << 20) - frame))
    assert len(body) == 1 << 20
    assert client.submit(body).status == 201


@pytest.mark.parametrize(
    "started",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow:",
        post(GOOD)[:-5],
        CHUNKED + b"5\r\n{",
    ],
)
def test_a_request_that_does_not_arrive_in_time_is_answered_408_and_closed(
    target: TargetProcess, started: bytes
) -> None:
    assert status_of(target.raw(started)) == 408


def test_a_drip_of_bytes_does_not_extend_the_time(target: TargetProcess) -> None:
    with socket.create_connection(("127.0.0.1", target.port), timeout=10) as connection:
        began = time.monotonic()
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        connection.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() - began < 10:
            connection.sendall(b"x")
            try:
                answer = connection.recv(100)
            except TimeoutError:
                continue
    assert status_of(answer) == 408
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("sent", [b"", b"\r\n", get(b"/healthz").replace(b"close", b"keep-alive")])
def test_a_connection_without_a_request_is_closed_after_the_idle_time(sent: bytes) -> None:
    with running_redis() as redis, running_target(redis.url, idle_timeout_s=1) as target:
        assert b"408" not in target.raw(sent)  # returns when the target closes


def test_a_client_that_does_not_read_its_answers_is_cut_off() -> None:
    with running_redis() as redis, running_target(redis.url, write_timeout_s=1) as target:
        client = target.client()
        for _ in range(100):
            client.submit()
        many = get(b"/api/v1/jobs?limit=100").replace(b"close", b"keep-alive") * 2000
        with socket.create_connection(("127.0.0.1", target.port), timeout=20) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            with pytest.raises(ConnectionError):
                _send_for_ever(connection, many)
        assert client.get("/healthz").status == 200


def _send_for_ever(connection: socket.socket, data: bytes) -> None:
    while True:
        connection.sendall(data)
