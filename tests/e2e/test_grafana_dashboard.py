"""The dashboard of deploy/grafana: each of its queries, asked of a real Prometheus while a run goes
on, has data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
from prometheus_process import PrometheusProcess, needs_prometheus, running_prometheus
from web_process import WebProcess

from e2e.jobs_target import jobs_target
from e2e.observed_runs import STEPS
from e2e.plan_files import steady, write_plan
from e2e.waiting import wait_until
from jobload.live.metrics.definition import METRICS, Metric

pytestmark = [needs_prometheus, pytest.mark.timeout(150)]
DASHBOARD = json.loads(
    (Path(__file__).resolve().parents[2] / "deploy/grafana/jobload.json").read_text()
)
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [(panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]]
PLAN = steady(4, 20, 60, 2)
BUT_STEPS = ("payload_bytes",)


@pytest.fixture(scope="module")
def scraping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusProcess]:
    """A Prometheus that has scraped a run and its target for some seconds."""
    folder = tmp_path_factory.mktemp("run")
    plan = {key: value for key, value in PLAN.items() if key not in BUT_STEPS} | {"steps": STEPS}
    checks = {"light": [{"metric": "error_rate", "expect": "<= 1%"}]}
    options = write_plan(folder / "plan", {"light": plan}, checks)
    with (
        jobs_target() as target,
        WebProcess(folder, *options, host=target.url) as test,
        running_prometheus({"jobload": test.url, "target": target.url}) as prometheus,
    ):
        status, _ = test.ask("POST", "/swarm", {"scenario": "light"})
        assert status == 200
        wait_until(lambda: prometheus.query('jobload_stage{stage="hold"}'), 30, "the hold runs")
        busy = 'sum(rate(jobload_operations_succeeded_total{stage="hold"}[5s])) > 0'
        prometheus.wait_for(busy)
        yield prometheus


@pytest.mark.parametrize(("title", "query"), QUERIES, ids=lambda text: text[:60])
def test_no_query_is_empty(scraping: PrometheusProcess, title: str, query: str) -> None:
    filled = query.replace("$__rate_interval", "5s").replace("$target", "target")
    assert "$" not in filled

    def figures() -> list[float]:
        return [value for _, value in scraping.query(filled) if isfinite(value)]

    wait_until(figures, 10, f"{title} has data: {filled}")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.base)
def test_each_metric_of_a_run_is_in_a_panel(metric: Metric) -> None:
    suffix = "_bucket" if metric.kind == "histogram" else ""
    name = re.compile(rf"\b{metric.name}{suffix}\b")
    assert any(name.search(query) for _, query in QUERIES)


def test_the_variable_names_the_job_of_the_target(scraping: PrometheusProcess) -> None:
    (target,) = [v for v in DASHBOARD["templating"]["list"] if v["name"] == "target"]
    metric = re.fullmatch(r"label_values\((\w+), job\)", target["query"]["query"])
    assert metric
    assert {labels["job"] for labels, _ in scraping.query(metric[1])} == {"target"}


def test_each_panel_has_a_place_and_a_source_of_its_own() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    for one, other in combinations(DASHBOARD["panels"], 2):
        assert not _overlap(one["gridPos"], other["gridPos"]), (one["title"], other["title"])
    for panel in PANELS:
        assert panel["datasource"]["uid"] == "${datasource}"
        assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "w"), ("y", "h"))
    )
