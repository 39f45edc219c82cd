"""What leaves a run while it goes on: /metrics, with or without the web UI, and Locust's --otel."""

import http.client
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from time import sleep

import pytest
from prometheus_client.parser import text_string_to_metric_families

from e2e.load_test import LoadTest, Mode, run_locust
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.truth_server import closed_port, running_server
from e2e.waiting import Background, Job, wait_until

SCENARIO = steady(5, None, 4, 1)
"""Without a rate, so that a busy machine can't make it late, which would be INVALID."""
CHECKS = [{"metric": "error_rate", "expect": "<= 5%"}]


class Scraper:
    """A few times a second, since all that it reads is made anew for it."""

    def __init__(self, port: int) -> None:
        self._port = port

    def read(self) -> dict[str, float]:
        """By name and label values, in the order of their names; nothing while nobody answers."""
        client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            client.request("GET", "/metrics")
            answer = client.getresponse()
            text = answer.read().decode()
        except OSError:
            return {}
        finally:
            client.close()
        assert answer.status == 200, text
        return {
            _key(sample.name, sample.labels): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


def _key(name: str, labels: Mapping[str, str]) -> str:
    return f"{name}{{{','.join(value for _, value in sorted(labels.items()))}}}"


def _scraped(folder: Path, mode: Mode, headless: bool = False) -> tuple[Outcome, dict[str, float]]:
    port = closed_port()
    options = [*write_plan(folder, {"light": SCENARIO}, {"light": CHECKS}), "--scenario", "light"]
    if headless:
        options += ["--metrics-port", str(port)]
    else:
        options += ["--web-port", str(port), "--autostart", "--autoquit", "3"]
    seen: dict[str, float] = {}
    scraper = Scraper(port)

    def sees(name: str) -> bool:
        sleep(0.2)
        seen.update(scraper.read())
        return seen.get(name, 0) > 0

    with (
        running_server("fixed", latency_ms=20) as server,
        LoadTest(folder, *options, host=server.url, mode=mode, headless=headless) as test,
    ):
        wait_until(lambda: sees("jobload_stage{light,hold}"), 30, "the hold runs")
        wait_until(lambda: sees("jobload_operations_succeeded_total{light,hold}"), 10, "successes")
        assert seen["jobload_run_state{running}"] == 1
        assert seen["jobload_users{}"] == 5
        wait_until(lambda: not sees("jobload_run_state{running}"), 20, "the end")
        return test.outcome(within_s=30), seen


def _exporting(folder: Path) -> Outcome:
    options = write_plan(folder, {"light": SCENARIO}, {"light": CHECKS})
    environ = {f"OTEL_{what}_EXPORTER": "none" for what in ("TRACES", "METRICS", "LOGS")}
    with running_server("fixed", latency_ms=20) as server:
        return run_locust(folder, *options, "--otel", host=server.url, environ=environ)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "processes": partial(_scraped, folder / "processes", "processes"),
        "local": partial(_scraped, folder / "local", "local"),
        "headless processes": partial(_scraped, folder / "headless", "processes", headless=True),
        "otel": partial(_exporting, folder / "otel"),
    }
    with Background(jobs) as background:
        yield background


@pytest.mark.parametrize("run", ["local", "processes", "headless processes"])
def test_a_scraper_sees_the_run_go_on_and_end(runs: Background, run: str) -> None:
    outcome, seen = runs[run]
    hold = outcome.stage()
    for name in ("offered", "missed"):
        assert seen[f"jobload_arrivals_{name}_total{{light,hold}}"] == hold[name]
    for name in ("started", "succeeded", "failed"):
        assert seen[f"jobload_operations_{name}_total{{light,hold}}"] == hold[name]
    assert seen["jobload_response_time_seconds_count{light,hold}"] == hold["succeeded"]
    assert seen["jobload_check_state{light/error_rate,light,PASS}"] == 1
    assert seen["jobload_run_state{PASS}"] == 1
    assert seen["jobload_workers{}"] == (1 if run == "local" else 2)
    workers = {worker["id"] for worker in outcome.result["topology"]["workers"]}
    assert {f"jobload_worker_cpu_ratio{{{worker}}}" for worker in workers} <= seen.keys()


def test_the_option_otel_of_locust_does_no_harm(runs: Background) -> None:
    """Without its packages Locust says so; with them but no collector it exports to nobody."""
    outcome = runs["otel"]
    assert (outcome.exit_code, outcome.status) == (0, "PASS"), outcome.console
    assert "opentelemetry not enabled" in outcome.console
