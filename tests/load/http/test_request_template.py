from __future__ import annotations

from importlib.metadata import version
from unittest import mock

import pytest

from jobload.load.http.origin import Origin
from jobload.load.http.payload import ReferencePayload
from jobload.load.http.request_template import KeyedRequests, RequestTemplate, StampedRequests

VERSION = version("jobload").encode()
ORIGIN = Origin.parse("http://127.0.0.1:8000")


def test_a_post_is_exact_to_the_byte() -> None:
    template = RequestTemplate("POST", "/api/v1/jobs", ORIGIN, {"X-Team": "a b"}, has_body=True)
    assert template.render(b'{"n":1}', b"run-0-1-1") == (
        b"POST /api/v1/jobs HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"X-Team: a b\r\n"
        b"Content-Type: application/json\r\n"
        b"Accept: application/json\r\n"
        b"User-Agent: jobload/" + VERSION + b"\r\n"
        b"Idempotency-Key: run-0-1-1\r\n"
        b"Content-Length: 7\r\n"
        b"\r\n"
        b'{"n":1}'
    )


def test_a_get_has_neither_body_nor_type_nor_length() -> None:
    template = RequestTemplate("GET", "/jobs?limit=20", ORIGIN, {}, has_body=False)
    assert template.render(b"ignored") == (
        b"GET /jobs?limit=20 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAccept: application/json\r\n"
        b"User-Agent: jobload/" + VERSION + b"\r\n\r\n"
    )


def test_a_get_can_have_a_key_too() -> None:
    template = RequestTemplate("GET", "/jobs", ORIGIN, {}, has_body=False)
    assert template.render(b"", b"k").endswith(b"\r\nIdempotency-Key: k\r\n\r\n")


def test_an_empty_body_has_a_length_of_zero() -> None:
    template = RequestTemplate("POST", "/jobs", ORIGIN, {}, has_body=True)
    assert template.render(b"").endswith(b"\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_post_without_a_body_says_so_and_has_no_type(method: str) -> None:
    rendered = RequestTemplate(method, "/jobs/1/cancel", ORIGIN, {}, has_body=False).render(b"")
    assert rendered.endswith(b"\r\nContent-Length: 0\r\n\r\n")
    assert b"Content-Type" not in rendered


@pytest.mark.parametrize("name", ["Content-Type", "content-type", "CONTENT-TYPE"])
def test_a_type_that_the_scenario_gives_replaces_the_default(name: str) -> None:
    rendered = RequestTemplate("POST", "/", ORIGIN, {name: "text/csv"}, has_body=True).render(b"")
    assert rendered.lower().count(b"content-type") == 1
    assert f"{name}: text/csv\r\n".encode() in rendered


def test_an_accept_that_the_scenario_gives_replaces_the_default() -> None:
    rendered = RequestTemplate("GET", "/", ORIGIN, {"accept": "*/*"}, has_body=False).render(b"")
    assert rendered.lower().count(b"accept") == 1


def test_the_path_of_the_host_comes_first() -> None:
    origin = Origin.parse("http://example.test/staging/")
    rendered = RequestTemplate("GET", "/api/v1/jobs", origin, {}, has_body=False).render(b"")
    assert rendered.startswith(b"GET /staging/api/v1/jobs HTTP/1.1\r\nHost: example.test\r\n")


def test_no_request_changes_the_next() -> None:
    template = RequestTemplate("POST", "/", ORIGIN, {}, has_body=True)
    first = template.render(b"a", b"1")
    template.render(b"bb", b"2")
    assert template.render(b"a", b"1") == first


@pytest.mark.parametrize("data_bytes", [0, 1024, 8192])
def test_a_stamped_request_is_the_one_rendered_in_steps(data_bytes: int) -> None:
    template = RequestTemplate("POST", "/api/v1/jobs", ORIGIN, {"X-Team": "a"}, has_body=True)
    stamped = StampedRequests(template, ReferencePayload(7, data_bytes), b"run-0-7-")
    keyed = KeyedRequests(template, ReferencePayload(7, data_bytes), b"run-0-7-")
    for count in (1, 10, 123_456):
        at = 4_763_812_345_000_000_000 + count
        with mock.patch("jobload.load.http.payload.time_ns", return_value=at):
            # Stamps are never the same twice, and its first went into the length.
            assert stamped.render(count) == keyed.render(count)


def test_stamped_requests_differ_even_at_the_same_instant() -> None:
    template = RequestTemplate("POST", "/", ORIGIN, {}, has_body=True)
    render = StampedRequests(template, ReferencePayload(1, 10), b"k-").render
    with mock.patch("jobload.load.http.payload.time_ns", return_value=1_763_812_345_000_000_000):
        bodies = {render(1).partition(b"\r\n\r\n")[2] for _ in range(100)}
    assert len(bodies) == 100
