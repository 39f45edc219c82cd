"""A Prometheus that is none, or not itself: each way of it is no figure, and told in time."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from time import monotonic
from typing import Any

import gevent
import pytest
from otlp_collector import RudeEndpoint, drip, flood, lead_away, reset

from jobload.lifecycle.observe.prometheus import Prometheus
from jobload.lifecycle.observe.query_answer import NoFigureError
from jobload.load.http import addresses
from jobload.plan.observe import Observe

pytestmark = pytest.mark.waits

MARGIN_S = 1.0


def asked(url: str) -> tuple[NoFigureError, float]:
    """Why there is no figure, and after how many seconds."""
    queries = {"cpu": {"query": "vector(50)", "unit": "%"}}
    prometheus = Prometheus(Observe.model_validate({"prometheus": url, "queries": queries}), {})
    began_s = monotonic()
    with closing(prometheus.connection()) as client, pytest.raises(NoFigureError) as raised:
        prometheus.ask(client, prometheus.request("vector(50)"))
    return raised.value, monotonic() - began_s - prometheus.within_s


@pytest.mark.parametrize("every", ["1s", "1.5s", "1500ms", "60s"])
def test_it_is_told_how_long_it_may_take_in_a_form_that_it_knows(every: str) -> None:
    """Seconds without a unit, or whole numbers with units: 1.5s is none to it."""
    queries = {"cpu": {"query": "up"}}
    url = "http://127.0.0.1:9090"
    observe = Observe.model_validate({"prometheus": url, "every": every, "queries": queries})
    request = Prometheus(observe, {}).request("up").decode()
    (told,) = re.findall(r"[?&]timeout=(\S+)", request)
    assert re.fullmatch(r"\d+(\.\d+)?|(\d+s)?(\d+ms)?", told)


def stay_silent(_: Any) -> None:
    gevent.sleep(60)


def break_down(connection: Any) -> None:
    connection.sendall(b"HTTP/1.1 500 Broken\r\nContent-Length: 2\r\n\r\nno")


def answer_at_length(connection: Any) -> None:
    """Ten megabytes that have a length."""
    size = 10 << 20
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    connection.sendall(bytes(size))


@pytest.mark.parametrize(
    ("misbehave", "lack", "words"),
    [
        (reset, "unreachable", "reset"),
        (stay_silent, "unreachable", "timeout"),
        (drip, "unreachable", "timeout"),
        (flood, "unreachable", "too-large"),
        (answer_at_length, "unreachable", "too-large"),
        (break_down, "bad reply", "status 500"),
        (lead_away, "bad reply", "status 302"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_no_prometheus_has_no_figure(
    misbehave: Callable[[Any], None], lack: str, words: str
) -> None:
    with closing(RudeEndpoint(misbehave)) as endpoint:
        error, late_s = asked(endpoint.url)
    assert error.lack == lack
    assert words in error.example
    assert late_s < MARGIN_S


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """All that a resolver is asked which does not answer."""
    found: list[object] = []

    def look_up(*of: object) -> None:
        found.append(of)
        gevent.sleep(60)

    monkeypatch.setattr(addresses, "getaddrinfo", look_up)
    return found


def test_a_name_that_nobody_resolves_is_asked_for_once_by_all_queries(
    questions: list[object],
) -> None:
    """Each question would hold a thread, and the load wants some of them as well."""
    url = "http://nobody-resolves.test:9090"
    queries = {"cpu": {"query": "vector(50)", "unit": "%"}}
    observe = Observe.model_validate({"prometheus": url, "every": "1s", "queries": queries})
    prometheus = Prometheus(observe, {})
    for _ in range(2):
        with closing(prometheus.connection()) as client, pytest.raises(NoFigureError) as raised:
            prometheus.ask(client, prometheus.request("vector(50)"))
        assert "no address of nobody-resolves.test" in raised.value.example
    assert len(questions) == 1


@pytest.mark.parametrize("padding", [0, 150, 180, 190, 195, 300])
def test_a_secret_that_it_repeats_is_masked_before_that_is_cut(padding: int) -> None:
    secret = "s3cr3t-t0ken-of-the-team"

    def repeat(connection: Any) -> None:
        said = b'{"status":"error","errorType":"x","error":"%b%b"}'
        body = said % (b"x" * padding, secret.encode())
        connection.sendall(b"HTTP/1.1 400 X\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    with closing(RudeEndpoint(repeat)) as endpoint:
        observe = {
            "prometheus": endpoint.url,
            "headers": {"Authorization": "Bearer ${T}"},
            "queries": {"cpu": {"query": "vector(50)", "unit": "%"}},
        }
        prometheus = Prometheus(Observe.model_validate(observe), {"T": secret})
        with closing(prometheus.connection()) as client, pytest.raises(NoFigureError) as raised:
            prometheus.ask(client, prometheus.request("vector(50)"))
    told = raised.value.example
    assert len(told) <= 200
    assert not any(secret[n : n + 4] in told for n in range(len(secret) - 3))
