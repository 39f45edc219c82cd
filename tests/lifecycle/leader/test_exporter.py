"""The process that tells of a run: what scrapers read and who may, what is pushed, how it ends.

A real process, real sockets, and a collector that decodes what it is sent.
"""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import monotonic
from typing import Any

import gevent
import psutil
import pytest
from gevent.event import Event
from made_frame import RUN_ID, frame, traced_operation
from one_process import wait_until
from otlp_collector import OtlpCollector, RudeEndpoint, drip, flood, lead_away, reset
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families
from urllib3 import HTTPConnectionPool

from jobload.lifecycle.leader import exporter as module
from jobload.lifecycle.leader.exporter import Exporter
from jobload.live.metrics.definition import METRICS
from jobload.web.exporter.exporter_messages import ExporterSettings
from jobload.web.exporter.metrics_token import TOKEN

pytestmark = pytest.mark.processes
WITHIN_S = 20.0
SECRET = "a-token-for-scrapers"


class Told:
    """An exporter, the problems it told of, and what a client of its port gets."""

    def __init__(self, host: str = "127.0.0.1", **settings: Any) -> None:
        listening = socket.create_server((host, 0))
        self.port = listening.getsockname()[1]
        self.problems: list[str] = []
        fields: dict[str, Any] = {"socket": listening.detach(), "host": host} | settings
        self.exporter = Exporter(ExporterSettings(**fields), self.problems.append)
        assert self.exporter.gets_ready()
        self.pool = HTTPConnectionPool("127.0.0.1", self.port, timeout=10.0, retries=False)

    @property
    def process(self) -> Any:
        return self.exporter._process

    def get(self, path: str = "/metrics", method: str = "GET", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.pool.request(method, path, headers=named)

    def scraped(self) -> str:
        answer = self.get()
        assert answer.status == 200
        return str(answer.data.decode())

    def tell(self, **fields: Any) -> None:
        self.exporter.tell(frame(**fields), [])

    def told(self, **fields: Any) -> None:
        """And it has arrived there."""
        self.tell(**fields)
        wait_until(lambda: f"elapsed_seconds {fields['elapsed_s']}" in self.scraped(), WITHIN_S)

    def close(self) -> None:
        self.pool.close()
        self.exporter.close()


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with closing(Told()) as made:
        yield made


@pytest.fixture
def fresh() -> Iterator[Callable[..., Told]]:
    """Each with a process of its own."""
    made: list[Told] = []

    def start(**settings: Any) -> Told:
        made.append(Told(**settings))
        return made[-1]

    yield start
    for each in made:
        each.close()


# --- what scrapers read ---------------------------------------------------------------------


def test_every_metric_is_told_and_nothing_else(told: Told) -> None:
    told.told(elapsed_s=7.5)
    names = {family.name for family in text_string_to_metric_families(told.scraped())}
    assert names == {metric.family for metric in METRICS}


def test_openmetrics_has_units_and_exemplars_of_traced_operations(told: Told) -> None:
    told.told(elapsed_s=8.5)
    answer = told.get(Accept="application/openmetrics-text; version=1.0.0")
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    text = answer.data.decode()
    families = {f.name: f for f in openmetrics_families(text)}  # type: ignore[no-untyped-call]  # the client's parser has no types
    times = families["jobload_response_time_seconds"]
    assert times.unit == "seconds"
    exemplars = [s.exemplar for s in times.samples if s.exemplar is not None]
    (exemplar,) = exemplars
    noted = traced_operation().operation
    assert exemplar.labels == {"trace_id": noted.trace, "span_id": noted.span}
    assert exemplar.value == noted.response_us / 1e6


def test_the_newest_frame_is_told(told: Told) -> None:
    for elapsed_s in (21.5, 22.5, 23.5):
        told.tell(elapsed_s=elapsed_s)
    wait_until(lambda: "jobload_run_elapsed_seconds 23.5" in told.scraped(), WITHIN_S)


# --- who may read them ----------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_foreign_host_is_refused(told: Told, host: str) -> None:
    """A page that was led here under another name (DNS rebinding) says so."""
    told.told(elapsed_s=9.5)
    answer = told.get(Host=host)
    assert answer.status in (400, 403)
    assert b"jobload_run" not in answer.data


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_it_is_read_only(told: Told, method: str) -> None:
    assert told.get(method=method).status == 501


@pytest.mark.parametrize("path", ["/", "/metrics/", "/../metrics", "/jobload/runs", "/stats"])
def test_there_is_one_page(told: Told, path: str) -> None:
    assert told.get(path).status == 404


def test_where_others_can_reach_it_they_show_the_token(
    fresh: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN, SECRET)
    told = fresh(needs_token=True)
    assert told.get().status == 401
    assert told.get(Authorization=f"Bearer {SECRET}x").status == 401
    assert told.get(Authorization=f"Bearer {SECRET}").status == 200
    for _ in range(5):
        told.get(Authorization="Bearer wrong")
    assert told.get(Authorization=f"Bearer {SECRET}").status == 429


def test_those_who_never_finish_asking_keep_nobody_out(told: Told) -> None:
    idle = [socket.create_connection(("127.0.0.1", told.port)) for _ in range(8)]
    try:
        for each in idle:
            each.sendall(b"GET /metrics HTTP/1.1\r\nHost: ")
        began_s = monotonic()
        told.scraped()
        assert monotonic() - began_s < 5.0
    finally:
        for each in idle:
            each.close()


# --- what is pushed -------------------------------------------------------------------------


@pytest.fixture
def collector() -> Iterator[OtlpCollector]:
    with closing(OtlpCollector()) as made:
        yield made


def test_metrics_are_pushed_when_a_run_begins_and_when_it_is_over(
    fresh: Callable[..., Told], collector: OtlpCollector
) -> None:
    told = fresh(otlp=collector.url)
    told.tell(elapsed_s=1.0)
    wait_until(lambda: collector.values("jobload.run_elapsed") == [1.0], WITHIN_S)
    told.tell(elapsed_s=2.0, state="PASS")
    told.exporter.await_pushed()
    assert collector.values("jobload.run_elapsed")[-1] == 2.0
    assert {metric.name for metric in collector.metrics} == {f"jobload.{m.base}" for m in METRICS}
    assert not told.problems


def test_sums_and_histograms_are_those_of_the_run(
    fresh: Callable[..., Told], collector: OtlpCollector
) -> None:
    told = fresh(otlp=collector.url)
    told.tell(elapsed_s=1.0, state="PASS")
    told.exporter.await_pushed()
    assert collector.values("jobload.operations_succeeded") == [100.0]
    (point,) = collector.histograms("jobload.response_time")
    assert (point.count, sum(point.bucket_counts)) == (100, 100)
    assert point.sum == pytest.approx(0.01 * 99 + 0.3)
    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
    at = next(i for i, bound in enumerate(point.explicit_bounds) if bound > 0.01)
    assert point.bucket_counts[at] == 99
    assert {m.unit for m in collector.metrics if m.name.endswith("_time")} == {"s"}


@pytest.mark.parametrize("named", [None, "checkout-load"])
def test_what_pushes_has_a_name_that_the_environment_may_change(
    fresh: Callable[..., Told],
    collector: OtlpCollector,
    monkeypatch: pytest.MonkeyPatch,
    named: str | None,
) -> None:
    if named is not None:
        monkeypatch.setenv("OTEL_SERVICE_NAME", named)
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=payments")
    told = fresh(otlp=collector.url)
    told.tell(elapsed_s=1.0)
    wait_until(lambda: collector.resources, WITHIN_S)
    (resource, *_) = collector.resources
    assert resource["service.name"] == (named or "jobload")
    assert resource.get("team") == (named and "payments")


def test_traced_operations_are_pushed_as_spans_under_one_parent(
    fresh: Callable[..., Told], collector: OtlpCollector
) -> None:
    told = fresh(otlp=collector.url)
    traced = traced_operation()
    told.exporter.tell(frame(elapsed_s=1.0, state="PASS"), [traced])
    told.exporter.await_pushed()
    wait_until(lambda: len(collector.spans) == 3, WITHIN_S)
    root, *requests = collector.spans
    operation = traced.operation
    assert (root.trace_id.hex(), root.span_id.hex()) == (operation.trace, operation.span)
    assert not root.parent_span_id
    assert {each.parent_span_id for each in requests} == {root.span_id}
    assert [each.span_id.hex() for each in requests] == [a.span for a in operation.attempts]
    took_ns = root.end_time_unix_nano - root.start_time_unix_nano
    assert took_ns == operation.response_us * 1000
    assert [each.status.code for each in requests] == [2, 0]


@pytest.mark.parametrize("status", [404, 429, 503])
def test_an_endpoint_that_takes_no_metrics_gets_its_spans(
    fresh: Callable[..., Told], status: int
) -> None:
    """As one for traces alone, or one that is busy for a moment."""
    with closing(OtlpCollector(metrics=status)) as collector:
        told = fresh(otlp=collector.url)
        told.exporter.tell(frame(elapsed_s=1.0, state="PASS"), [traced_operation()])
        told.exporter.await_pushed()
        assert len(collector.spans) == 3
    (sentence,) = told.problems
    assert f"metrics could not be pushed (it answers {status} Status)" in sentence


@contextmanager
def broken(state: str) -> Iterator[str]:
    """The address of an endpoint that takes nothing."""
    ways = {"resetting": reset, "dripping": drip, "flooding": flood, "leading away": lead_away}
    endpoint: Any
    if state in ways:
        endpoint = RudeEndpoint(ways[state])
    else:
        endpoint = OtlpCollector(
            status=500 if state == "refusing" else 200, silent=state == "silent"
        )
    if state == "closed":
        endpoint.close()
    with closing(endpoint):
        yield endpoint.url


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("closed", "Connection refused"),
        ("refusing", "it answers 500 Status"),
        ("silent", "no answer in time"),
        ("resetting", "Connection reset by peer|it ended the connection without an answer"),
        ("dripping", "no answer within 6 s"),
        ("flooding", "it answers 400 Bad"),
        ("leading away", "it answers 302 and leads to /login"),
    ],
)
def test_an_endpoint_that_does_not_take_them_is_told_of_once_with_the_reason(
    fresh: Callable[..., Told], state: str, why: str
) -> None:
    with broken(state) as url:
        told = fresh(otlp=url)
        elapsed_s = 0.0

        def has_told() -> bool:
            nonlocal elapsed_s
            elapsed_s += 1.0
            told.tell(elapsed_s=elapsed_s)
            gevent.sleep(0.1)
            return bool(told.problems)

        wait_until(has_told, WITHIN_S)
        told.tell(elapsed_s=elapsed_s + 1.0, state="PASS")
        began_s = monotonic()
        told.exporter.await_pushed(3.0)
        assert monotonic() - began_s < 8.0
        used_mb = psutil.Process(told.process.pid).memory_info().rss / 2**20
    (sentence,) = told.problems
    assert url in sentence
    assert re.search(rf"\((?:{why})\); the run goes on", sentence)
    assert used_mb < 200.0


def test_what_a_short_run_came_to_and_nobody_took_is_told_at_its_end(
    fresh: Callable[..., Told],
) -> None:
    """Before it shows in the run that the endpoint is stuck."""
    with broken("dripping") as url:
        told = fresh(otlp=url)
        told.tell(elapsed_s=1.0, state="PASS")
        told.exporter.await_pushed(3.0)
    (sentence,) = told.problems
    assert url in sentence
    assert "what the run came to was not taken within 3 s" in sentence


# --- how it ends ----------------------------------------------------------------------------


def test_one_more_scrape_is_waited_for_if_there_were_some(
    fresh: Callable[..., Told],
) -> None:
    told = fresh()
    told.told(elapsed_s=1.0)
    told.scraped()
    told.tell(elapsed_s=2.0, state="PASS")
    waiting = gevent.spawn(told.exporter.await_last_look)
    wait_until(lambda: 'state="PASS"} 1' in told.scraped(), WITHIN_S)
    waiting.get(timeout=WITHIN_S)


def test_one_more_scrape_is_waited_for_as_long_as_the_last_two_were_apart(
    fresh: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LATE_S", 0.2)
    told = fresh()
    told.told(elapsed_s=1.0)
    gevent.sleep(0.6)
    told.scraped()
    told.tell(elapsed_s=2.0, state="PASS")
    began_s = monotonic()
    told.exporter.await_last_look()
    assert monotonic() - began_s > 0.6


def test_a_scraper_that_does_not_come_back_is_not_waited_for_long(
    fresh: Callable[..., Told],
) -> None:
    told = fresh()
    told.told(elapsed_s=1.0)
    told.scraped()
    told.tell(elapsed_s=2.0, state="PASS")
    began_s = monotonic()
    told.exporter.await_last_look()
    assert monotonic() - began_s < module.LATE_S + 3.0


def test_a_scraper_that_never_sees_an_end_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The verdict could not be reached, say: what is told last is a run that goes on."""
    monkeypatch.setattr(module, "LONGEST_WAIT_S", 0.1)
    exporter: Any = Exporter.__new__(Exporter)
    exporter._has_been_seen, exporter._scrapes_s = False, [monotonic()]
    exporter._reader, exporter._changed = gevent.spawn(gevent.sleep, 5.0), Event()

    def scrape() -> None:
        while True:
            exporter._scrapes_s = [*exporter._scrapes_s[-1:], monotonic()]
            gevent.sleep(0.02)

    scraper = gevent.spawn(scrape)
    exporter.await_last_look()
    assert not exporter._reader.ready()
    gevent.killall([scraper, exporter._reader])


def test_without_any_scraper_nobody_is_waited_for(fresh: Callable[..., Told]) -> None:
    told = fresh()
    told.tell(elapsed_s=2.0, state="PASS")
    began_s = monotonic()
    told.exporter.await_last_look()
    assert monotonic() - began_s < 1.0


def test_it_ends_when_it_is_closed(fresh: Callable[..., Told]) -> None:
    told = fresh()
    told.close()
    assert told.process.poll() == 0


def test_it_ends_with_the_process_that_leads(fresh: Callable[..., Told]) -> None:
    """However that ends: then its input does."""
    told = fresh()
    told.process.stdin.close()
    wait_until(lambda: told.process.poll() is not None, WITHIN_S)


def test_its_end_is_told_once_and_disturbs_nobody(fresh: Callable[..., Told]) -> None:
    told = fresh()
    os.kill(told.process.pid, signal.SIGKILL)
    wait_until(lambda: told.problems, WITHIN_S)
    for elapsed_s in (1.0, 2.0, 3.0):
        told.tell(elapsed_s=elapsed_s)
        gevent.sleep(0.01)
    told.exporter.await_last_look()
    assert told.problems == ["The process that tells metrics has ended; the run goes on without."]


def test_one_that_stands_still_is_not_waited_for(fresh: Callable[..., Told]) -> None:
    """Telling it takes no time, however much it has not read."""
    told = fresh()
    process = psutil.Process(told.process.pid)
    process.suspend()
    began_s = monotonic()
    for second in range(300):
        told.tell(elapsed_s=float(second))
        gevent.sleep(0)
    assert monotonic() - began_s < 2.0
    process.resume()
    wait_until(lambda: "jobload_run_elapsed_seconds 299.0" in told.scraped(), WITHIN_S)


def test_signals_of_a_terminal_do_not_end_it(fresh: Callable[..., Told]) -> None:
    told = fresh()
    told.process.send_signal(signal.SIGINT)
    told.told(elapsed_s=4.0)


def test_it_knows_the_run(told: Told) -> None:
    told.told(elapsed_s=12.5)
    assert f'jobload_run_info{{mode="local",run_id="{RUN_ID}"}} 1.0' in told.scraped()
