"""/metrics: what a scraper reads, and who may read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import gevent
import pytest
from made_check import check
from made_live_run import MadeLiveRun, MadePlan
from made_run import Beat, MadeRun, light, planned
from made_steps import in_steps
from made_ui import MadeUi, made_ui
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from jobload.judge.verdict import judge
from jobload.live.check_watch import CheckWatch
from jobload.live.metrics.definition import METRICS
from jobload.live.metrics.frame_of_run import frame_of
from jobload.live.metrics.prometheus_families import PrometheusFamilies
from jobload.report.result.result import build_result
from jobload.web.exporter.metrics_token import TOKEN
from jobload.web.login.key import WebSettingsError

SECRET = "a-token-for-scrapers"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def ui(tmp_path: Path) -> Iterator[MadeUi]:
    with made_ui(tmp_path) as made:
        yield made


def scrape(ui: MadeUi, headers: Mapping[str, str] | None = None) -> Samples:
    answer = ui.client().get("/metrics", headers=dict(headers or {}))
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    return read(answer.text)


def read(text: str) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found, f"twice: {key}"
            found[key] = sample.value
    return found


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((f"jobload_{name}", frozenset(labels.items())))


def running(*lines: str, times: int = 1) -> MadeLiveRun:
    """Light, at the end of a hold of 10 s: each second 50 good, 2 bad and 1 missed."""

    def beats(stage: object, second: int) -> Beat:
        return Beat(ms=[10.0] * 45 + [300.0] * 5, failed=2, missed=1, retries=3)

    scenario = light(duration="15s")
    made = MadeRun()
    for _ in range(times):
        made.play(scenario, beats)
    made._report(users=10)
    checks = {"light": [check(scenario, line) for line in lines]}
    return MadeLiveRun(
        made,
        MadePlan([scenario] * times, checks),
        position=times - 1,
        stage_index=1,
        elapsed_s=made.now_s,
    )


def test_requests_are_told_by_endpoint_and_step(ui: MadeUi) -> None:
    ui.control.run = run = running()
    for stage in run.figures().stages:
        in_steps(stage.record, "submit", "wait")
    samples = scrape(ui)
    place = {"scenario": "light", "stage": "hold", "endpoint": "submit"}
    assert value(samples, "requests_attempts_total", **place) == 10 * 55
    assert value(samples, "requests_failed_total", **place) == 10 * 2
    assert value(samples, "endpoint_time_seconds_count", **place) == 10 * 50


@pytest.mark.parametrize(
    ("accept", "told_as"),
    [
        (
            "application/openmetrics-text; version=1.0.0",
            "application/openmetrics-text; version=1.0.0",
        ),
        (
            'application/openmetrics-text;version="1.0.0"',
            "application/openmetrics-text; version=1.0.0",
        ),
        ("application/openmetrics-text; version=latest", "text/plain; version=0.0.4"),
        ("text/plain; version=x.y", "text/plain; version=0.0.4"),
    ],
)
def test_a_version_that_is_none_is_as_if_none_were_asked_for(
    ui: MadeUi, accept: str, told_as: str
) -> None:
    ui.control.run = running()
    answer = ui.client().get("/metrics", headers={"Accept": accept})
    assert (answer.status_code, answer.content_type.startswith(told_as)) == (200, True)


def test_before_the_first_run_the_page_is_there_and_empty(ui: MadeUi) -> None:
    assert scrape(ui) == {}


def test_counts_of_each_stage_are_those_of_the_run(ui: MadeUi) -> None:
    ui.control.run = running()
    samples = scrape(ui)
    hold = {"scenario": "light", "stage": "hold"}
    assert value(samples, "arrivals_offered_total", **hold) == 10 * 53
    assert value(samples, "arrivals_missed_total", **hold) == 10
    assert value(samples, "operations_started_total", **hold) == 10 * 52
    assert value(samples, "operations_succeeded_total", **hold) == 10 * 50
    assert value(samples, "operations_failed_total", **hold) == 20
    assert value(samples, "operations_retries_total", **hold) == 30
    ramp = {"scenario": "light", "stage": "ramp-up"}
    assert value(samples, "operations_failed_total", **ramp) == 10
    assert value(samples, "users") == 10
    assert value(samples, "workers") == 1


def test_the_stage_that_runs_is_named_and_none_is_between_two(ui: MadeUi) -> None:
    run = running()
    ui.control.run = run
    assert value(scrape(ui), "stage", scenario="light", stage="hold") == 1
    assert value(scrape(ui), "stage", scenario="light", stage="ramp-up") is None
    run.phase = "drain"
    assert value(scrape(ui), "stage", scenario="light", stage="hold") is None


def test_a_process_that_is_lost_runs_no_users(ui: MadeUi) -> None:
    ui.control.run = run = running()
    [worker] = run.collector.workers
    run.collector.write_off(worker)
    samples = scrape(ui)
    assert value(samples, "users") == 0
    assert value(samples, "operations_in_flight") == 0
    assert value(samples, "worker_cpu_ratio", worker=worker) == 0
    assert value(samples, "workers") == 1


def test_a_run_that_is_over_grows_no_longer_and_has_no_users(ui: MadeUi) -> None:
    ui.control.run = run = running()
    figures = run.made.end()
    run.result = build_result(figures, judge(figures, run.setup.checks), environment={})
    run.elapsed_s += 3600
    samples = scrape(ui)
    assert value(samples, "run_elapsed_seconds") == run.result.duration_s
    assert value(samples, "users") == 0


def buckets(samples: Samples, name: str, **labels: str) -> dict[float, float]:
    """How many are up to each bound, in rising order."""
    found = {
        float(dict(of)["le"]): count
        for (full, of), count in samples.items()
        if full == f"jobload_{name}_bucket" and labels.items() <= dict(of).items()
    }
    return dict(sorted(found.items()))


def test_a_histogram_counts_successes_up_to_each_bound(ui: MadeUi) -> None:
    ui.control.run = running()
    samples = scrape(ui)
    hold = {"scenario": "light", "stage": "hold"}
    counts = buckets(samples, "response_time_seconds", **hold)
    assert {0 if le < 0.01 else 450 if le < 0.3 else 500 for le in counts} == {0, 450, 500}
    for le, count in counts.items():
        assert count == (0 if le <= 0.01 else 450 if le <= 0.3 else 500), le
    assert next(reversed(counts)) == float("inf")
    assert value(samples, "response_time_seconds_count", **hold) == 500
    total_s = value(samples, "response_time_seconds_sum", **hold)
    assert total_s == pytest.approx(450 * 0.01 + 50 * 0.3)


def test_repetitions_of_a_scenario_add_up(ui: MadeUi) -> None:
    ui.control.run = running(times=3)
    samples = scrape(ui)
    assert value(samples, "operations_failed_total", scenario="light", stage="hold") == 60


def states(samples: Samples, check_id: str) -> dict[str, float]:
    return {
        dict(labels)["state"]: on
        for (name, labels), on in samples.items()
        if name == "jobload_check_state" and dict(labels)["check"] == check_id
    }


def watched(ui: MadeUi, run: MadeLiveRun) -> Samples:
    """As when the checks have been looked at, which the web UI does once a second."""
    ui.control.run = run
    watch = CheckWatch(ui.control)
    watch.look()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(PrometheusFamilies(lambda: frame_of(run, watch)))
    return read(generate_latest(registry).decode())


def test_a_check_has_one_state_while_the_run_goes_on(ui: MadeUi) -> None:
    lines = ('metric: error_rate, expect: "<= 1%"', 'metric: p50, expect: "<= 50ms"')
    samples = watched(ui, running(*lines))
    expected = {"PASS": 0, "FAIL": 0, "WARN": 0, "INSUFFICIENT": 0, "pending": 0}
    assert states(samples, "light/error_rate") == expected | {"FAIL": 1}
    assert states(samples, "light/p50") == expected | {"PASS": 1}
    assert value(samples, "run_state", state="running") == 1


def test_after_the_verdict_the_states_are_those_of_the_result(ui: MadeUi) -> None:
    made = MadeRun()
    scenario = light()
    made.play(scenario, planned())
    checks = {"light": [check(scenario, 'metric: p50, expect: "<= 1ms"')]}
    figures = made.end()
    result = build_result(figures, judge(figures, checks), environment={})
    ui.control.run = MadeLiveRun(made, MadePlan([scenario], checks), phase="end", result=result)
    samples = scrape(ui)
    assert states(samples, "light/p50")["FAIL"] == 1
    assert value(samples, "run_state", state="FAIL") == 1
    assert value(samples, "run_state", state="running") == 0
    assert value(samples, "users") == 0
    assert value(samples, "run_elapsed_seconds") == result.duration_s


def test_openmetrics_is_spoken_to_those_who_ask_for_it(ui: MadeUi) -> None:
    ui.control.run = running()
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = ui.client().get("/metrics", headers=accept)
    assert answer.content_type.startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_the_page_follows_the_base_path(tmp_path: Path) -> None:
    with made_ui(tmp_path, base_path="/load") as made:
        assert made.client().get("/load/metrics").status_code == 200
        assert made.client().get("/metrics").status_code == 404


# --- who may read it ------------------------------------------------------------------------


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[MadeUi]:
    with made_ui(tmp_path, bound_to="0.0.0.0", environ={TOKEN: SECRET}) as made:
        yield made


def test_off_loopback_a_scraper_shows_its_token(locked: MadeUi) -> None:
    scrape(locked, {"Authorization": f"Bearer {SECRET}"})
    scrape(locked, {"Authorization": f"bearer  {SECRET} "})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": f"Bearer {SECRET}x"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {SECRET}"},
        {"Authorization": SECRET},
        {"Authorization": "Bearer \xfc"},
    ],
)
def test_without_the_token_it_is_refused(locked: MadeUi, headers: dict[str, str]) -> None:
    answer = locked.client().get("/metrics", headers=headers)
    assert answer.status_code == 401
    assert "jobload_" not in answer.text


def test_without_a_token_set_none_opens(tmp_path: Path) -> None:
    with made_ui(tmp_path, bound_to="0.0.0.0") as made:
        for authorization in ("Bearer ", "Bearer None", "Bearer"):
            headers = {"Authorization": authorization}
            assert made.client().get("/metrics", headers=headers).status_code == 401


def test_the_token_opens_nothing_else(locked: MadeUi) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "Accept": "application/json"}
    for path in ("/jobload/runs", "/stats/requests", "/"):
        assert locked.client().get(path, headers=headers).status_code in (302, 401), path


def test_a_short_token_is_refused_at_the_start(tmp_path: Path) -> None:
    environ = {TOKEN: "short"}
    with pytest.raises(WebSettingsError, match="16"), made_ui(tmp_path, environ=environ):
        pass


def test_the_page_gives_way_to_the_load_between_its_parts(ui: MadeUi) -> None:
    """A local run makes its load in this very process."""
    ui.control.run = running()
    turns = 0

    def load() -> None:
        nonlocal turns
        while True:
            turns += 1
            gevent.sleep(0)

    other = gevent.spawn(load)
    scrape(ui)
    other.kill()
    assert turns >= len(METRICS)
