"""A run seen from outside: a real Prometheus scrapes it, OTLP is pushed, and the target sees the
traces that results tell of."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any
from urllib.request import urlopen

import pytest
from otlp_collector import OtlpCollector
from prometheus_process import needs_prometheus, running_prometheus

from e2e.any_locustfile import run_file
from e2e.hosts import why_no_hosts
from e2e.load_test import LoadTest, run_locust
from e2e.observed_runs import FIFTY, SHORT, observing, write_observed
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.silent_names import NAME, WithoutNames, silent_name_server
from e2e.truth_server import closed_port, running_server
from e2e.waiting import Background, Job, wait_until

MIXTURE = {"5": 950, "60": 40, "150": 10}
"""Of a thousand answers so many take so many milliseconds: p99 lies at the step from 60 to 150."""
CHECKS = [{"metric": "error_rate", "expect": "<= 50%"}]
SIGNALS = (signal.SIGINT, signal.SIGTERM)
HOLD = '{scenario="light",stage="hold"}'


@dataclass(frozen=True)
class Watched:
    outcome: Outcome
    p99_s: float
    succeeded: float
    states: set[str]
    parents: list[str]


def plan(folder: Path, **fields: Any) -> list[str]:
    options = write_plan(folder, {"light": steady(8, 60, 8, 2, **fields)}, {"light": CHECKS})
    return [*options, "--scenario", "light"]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Headless, with two workers, each operation traced, scraped once a second until its end.

    By itself: beside other runs the slowest operations may be those that waited for the machine.
    """
    folder, port = tmp_path_factory.mktemp("watched"), closed_port()
    options = [*plan(folder), "--metrics-port", str(port), "--trace", "100%"]
    scrapes = {"jobload": f"http://127.0.0.1:{port}"}
    with (
        running_server("mixture", per_mille=MIXTURE) as server,
        running_prometheus(scrapes) as prometheus,
        LoadTest(folder, *options, host=server.url, mode="workers") as test,
    ):
        outcome = test.outcome(90)
        time = '{__name__="jobload_response_time_seconds_bucket",scenario="light",stage="hold"}'
        ever = "last_over_time"
        wait_until(lambda: prometheus.query(f"{ever}(jobload_run_state[5m]) == 1"), 10, "a state")
        ((_, p99_s),) = prometheus.query(f"histogram_quantile(0.99, {ever}({time}[5m]))")
        ((_, succeeded),) = prometheus.query(
            f"{ever}(jobload_operations_succeeded_total{HOLD}[5m])"
        )
        states = prometheus.query(f"{ever}(jobload_run_state[5m]) == 1")
        return Watched(
            outcome, p99_s, succeeded, {labels["state"] for labels, _ in states}, server.parents()
        )


@needs_prometheus
def test_a_prometheus_that_scrapes_a_distributed_run_agrees_on_its_p99(watched: Watched) -> None:
    p99_ms = watched.outcome.stage()["response_time_ms"]["p99"]
    assert watched.p99_s * 1e3 == pytest.approx(p99_ms, rel=0.01)


@needs_prometheus
def test_its_last_look_has_what_the_run_came_to(watched: Watched) -> None:
    """The process stays until then, and no longer than it must."""
    assert watched.states == {watched.outcome.status}
    assert watched.succeeded == watched.outcome.stage()["succeeded"]


@needs_prometheus
def test_the_target_has_seen_each_trace_that_is_told(watched: Watched) -> None:
    stages = watched.outcome.stages
    told = [each for stage in stages for each in (*stage["slowest"], *stage["first_failed"])]
    assert len(told) >= 20
    seen = Counter(watched.parents)
    for each in told:
        for attempt in each["attempts"]:
            assert seen[f"00-{each['trace_id']}-{attempt['span_id']}-01"] == 1
    assert len(watched.parents) == sum(stage["attempts"] for stage in stages)
    assert len({parent.split("-")[1] for parent in seen}) == sum(s["started"] for s in stages)


@needs_prometheus
def test_the_slowest_of_both_workers_are_those_of_the_stage(watched: Watched) -> None:
    stage = watched.outcome.stage()
    slowest = stage["slowest"]
    assert slowest[0]["response_time_ms"] == stage["response_time_ms"]["max"]
    assert len(slowest) == 10
    for each in slowest:
        (attempt,) = each["attempts"]
        took_ms = attempt["arrived_ms"] - attempt["sent_ms"]
        assert took_ms > 59, each
        assert each["waited_ms"] <= attempt["sent_ms"]
    assert {each["worker"] for each in slowest} <= {
        w["id"] for w in watched.outcome.result["topology"]["workers"]
    }


# --- without a scraper ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "pushed": partial(_pushed, folder / "pushed"),
        "broken": partial(_pushed_to_nobody, folder / "broken"),
        "anybody": partial(_of_anybody, folder / "anybody"),
        "nameless": partial(_without_names, folder / "nameless"),
    }
    for number in SIGNALS:
        jobs[number.name] = partial(_signalled, folder / number.name, number)
    with Background(jobs) as background:
        yield background


def _pushed(folder: Path) -> tuple[Outcome, OtlpCollector, list[str]]:
    options = [*plan(folder), "--trace", "100%"]
    with closing(OtlpCollector()) as collector, running_server("fixed", latency_ms=2) as server:
        options += ["--otlp", collector.url]
        with LoadTest(folder, *options, host=server.url) as test:
            wait_until(lambda: test.has_ended, 60, "the end of the run")
            return test.outcome(5), collector, server.parents()


def test_metrics_and_spans_are_pushed_from_a_run_of_one_process(runs: Background) -> None:
    outcome, collector, parents = runs["pushed"]
    outcome.assert_passed_or_late()
    stage = outcome.stage()
    assert collector.values("jobload.operations_succeeded")[-1] == stage["succeeded"]
    assert collector.histograms("jobload.response_time")[-1].count == stage["succeeded"]
    assert outcome.result["notes"] == []
    pushed = {(span.trace_id.hex(), span.span_id.hex()) for span in collector.spans}
    seen = {tuple(parent.split("-")[1:3]) for parent in parents}
    assert seen <= pushed
    assert len(pushed) == 2 * len(seen)


def _pushed_to_nobody(folder: Path) -> tuple[Outcome, str]:
    endpoint = f"http://127.0.0.1:{closed_port()}"
    with running_server("fixed", latency_ms=2) as server:
        return run_locust(folder, *plan(folder), "--otlp", endpoint, host=server.url), endpoint


def test_a_broken_endpoint_is_told_once_and_changes_nothing(runs: Background) -> None:
    outcome, endpoint = runs["broken"]
    outcome.assert_passed_or_late()
    (note,) = outcome.result["notes"]
    assert endpoint in note
    assert outcome.console.count("could not be pushed") == 2, "the log, and the report"


def _without_names(folder: Path) -> Outcome:
    observe = observing(f"http://{NAME}:9090", FIFTY)
    options = write_observed(folder / "plan", SHORT, observe, [])
    options += ["--otlp", f"http://{NAME}:4318"]
    with (
        silent_name_server() as resolv_conf,
        running_server("fixed", latency_ms=5) as server,
        WithoutNames(folder, *options, resolv_conf=resolv_conf, host=server.url) as test,
    ):
        return test.outcome(45)


@pytest.mark.skipif(bool(why_no_hosts()), reason=str(why_no_hosts()))
def test_names_that_nobody_resolves_are_told_of_and_end_no_run_later(runs: Background) -> None:
    """Neither a time limit of a socket's nor an end of the process covers the wait for a name."""
    outcome: Outcome = runs["nameless"]
    outcome.assert_passed_or_late()
    assert f"no address of {NAME}" in outcome.console
    assert f"--otlp http://{NAME}:4318: " in outcome.console
    assert outcome.sum("failed") == 0


def _of_anybody(folder: Path) -> tuple[Outcome, OtlpCollector, list[str]]:
    options = write_plan(folder, {"light": steady(6, 30, 4, 1)}, {"light": CHECKS})
    options += ["--scenario", "light", "--trace", "50%"]
    with closing(OtlpCollector()) as collector, running_server("fixed", latency_ms=2) as server:
        options += ["--otlp", collector.url]
        name, mode = "http_and_fast.py", "processes"
        outcome = run_file(folder, name, *options, host=server.url, mode=mode)
        return outcome, collector, server.parents()


def test_users_of_anybodys_locustfile_are_traced(runs: Background) -> None:
    outcome, collector, parents = runs["anybody"]
    by_trace: dict[str, int] = Counter(parent.split("-")[1] for parent in parents)
    started = outcome.sum("started")
    assert 0.2 * started < len(by_trace) < 0.8 * started
    assert set(by_trace.values()) == {2}, "each operation has two requests"
    told = [each for stage in outcome.stages for each in stage["slowest"] if each["trace_id"]]
    assert told
    seen = set(parents)
    for each in told:
        assert len(each["attempts"]) == 2
        for attempt in each["attempts"]:
            assert f"00-{each['trace_id']}-{attempt['span_id']}-01" in seen
    operations = [span for span in collector.spans if not span.parent_span_id]
    assert {span.trace_id.hex() for span in operations} == {*by_trace}
    assert {span.name for span in operations} == {"Plain.browse", "Fast.browse"}


def _signalled(folder: Path, number: signal.Signals) -> Outcome:
    port = closed_port()
    options = write_plan(folder, {"light": steady(2, None, 2, 1)}, {"light": CHECKS})
    options += ["--scenario", "light", "--metrics-port", str(port)]
    with (
        running_server("fixed", latency_ms=5) as server,
        LoadTest(folder, *options, host=server.url) as test,
    ):
        wait_until(lambda: scraped_run(port), 30, "the run at the port")
        test.wait_for_console("Verdict: ")
        sleep(3.0)
        assert not test.has_ended, "it waits for one more scrape"
        test.interrupt(number)
        return test.outcome(15)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda n: n.name)
def test_a_signal_ends_the_wait_for_the_last_look_and_the_verdict_stands(
    runs: Background, number: signal.Signals
) -> None:
    """Who has come once may come once a minute."""
    runs[number.name].assert_came_to(0, "PASS")


def scraped_run(port: int) -> bool:
    try:
        return b"jobload_run_info" in urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read()
    except OSError:
        return False
