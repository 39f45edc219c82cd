"""What leaves a run while it goes on: /metrics of the web UI, and Locust's own --otel."""

import http.client
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from e2e.load_test import LoadTest, Mode, run_locust
from e2e.plan_files import steady, write_plan
from e2e.truth_server import closed_port, running_server
from e2e.waiting import wait_until

SCENARIO = steady(5, None, 4, 1)
"""Without a rate, so that a busy machine can't make it late, which would be INVALID."""
CHECKS = [{"metric": "error_rate", "expect": "<= 5%"}]


class Scraper:
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


@pytest.mark.parametrize("mode", ["local", "processes"])
def test_a_scraper_sees_the_run_go_on_and_end(tmp_path: Path, mode: Mode) -> None:
    port = closed_port()
    options = write_plan(tmp_path, {"light": SCENARIO}, {"light": CHECKS})
    options += ["--scenario", "light", "--web-port", str(port), "--autostart", "--autoquit", "3"]
    seen: dict[str, float] = {}
    scraper = Scraper(port)

    def sees(name: str) -> bool:
        seen.update(scraper.read())
        return seen.get(name, 0) > 0

    with (
        running_server("fixed", latency_ms=20) as server,
        LoadTest(tmp_path, *options, host=server.url, mode=mode, headless=False) as test,
    ):
        wait_until(lambda: sees("jobload_stage{light,hold}"), 30, "the hold runs")
        wait_until(lambda: sees("jobload_operations_succeeded_total{light,hold}"), 10, "successes")
        assert seen["jobload_run_state{running}"] == 1
        assert seen["jobload_users{}"] == 5
        wait_until(lambda: scraper.read() and not sees("jobload_run_state{running}"), 20, "the end")
        outcome = test.outcome(within_s=30)
    hold = outcome.stage()
    for name in ("offered", "missed"):
        assert seen[f"jobload_arrivals_{name}_total{{light,hold}}"] == hold[name]
    for name in ("started", "succeeded", "failed"):
        assert seen[f"jobload_operations_{name}_total{{light,hold}}"] == hold[name]
    assert seen["jobload_response_time_seconds_count{light,hold}"] == hold["succeeded"]
    assert seen["jobload_check_state{light/error_rate,light,PASS}"] == 1
    assert seen["jobload_run_state{PASS}"] == 1
    assert seen["jobload_workers{}"] == (1 if mode == "local" else 2)


def test_the_option_otel_of_locust_does_no_harm(tmp_path: Path) -> None:
    """Without its packages Locust says so; with them but no collector it exports to nobody."""
    options = write_plan(tmp_path, {"light": SCENARIO}, {"light": CHECKS})
    environ = {f"OTEL_{what}_EXPORTER": "none" for what in ("TRACES", "METRICS", "LOGS")}
    with running_server("fixed", latency_ms=20) as server:
        outcome = run_locust(tmp_path, *options, "--otel", host=server.url, environ=environ)
    assert (outcome.exit_code, outcome.status) == (0, "PASS"), outcome.console
    assert "opentelemetry not enabled" in outcome.console
