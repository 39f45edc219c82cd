"""deploy/kubernetes as it runs: each container's command line, and an eviction in mid-run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, cast

import pytest
from e2e.accounts import differences
from e2e.truth_server import closed_port, running_server
from e2e.waiting import wait_until
from ruamel.yaml import YAML

from .kustomize import KUBERNETES, Manifest, build
from .pods import Pod, Pods

pytestmark = pytest.mark.processes

ENDS_WITHIN_S = 60
ORDERS = "POST /v1/orders"
LATENCY_MS = 200


@pytest.fixture
def exits() -> Iterator[ExitStack]:
    with ExitStack() as exits:
        yield exits


def edited(
    overlay: str, scenario: str, host: str | None = None, **fields: object
) -> list[Manifest]:
    """The overlay as its user has changed it: where the API is, and how long the load goes on."""
    manifests = build(KUBERNETES / overlay)
    for manifest in manifests:
        if manifest["metadata"]["name"] == "jobload-settings" and host:
            manifest["data"]["HOST"] = host
        if manifest["metadata"]["name"] == "jobload-plan":
            plan = YAML(typ="safe").load(manifest["data"]["scenarios.yaml"])
            plan["scenarios"][scenario] |= fields
            manifest["data"]["scenarios.yaml"] = json.dumps(plan)
    return manifests


def started(pods: Pods) -> tuple[Pod, list[Pod]]:
    """Workers first: nobody says in which order they come."""
    workers = [pods.start("jobload-workers", f"worker-{number}") for number in range(3)]
    master = pods.start("jobload-master", "master")
    for pod in (master, *workers):
        pod.wait_until_started()
    return master, workers


def result_of(folder: Path) -> dict[str, Any]:
    """On the volume."""
    text = (folder / "jobload-results/latest/result.json").read_text()
    return cast(dict[str, Any], json.loads(text))


def test_a_worker_that_is_evicted_in_mid_run_costs_nothing(
    tmp_path: Path, exits: ExitStack
) -> None:
    with running_server("fixed", latency_ms=LATENCY_MS) as server:
        manifests = edited(
            "own-api", "orders", server.url, ramp_up="1s", duration="8s", rate=60, users=30
        )
        pods = Pods(tmp_path, manifests, {5557: closed_port()}, exits)
        master, workers = started(pods)
        server.wait_for_requests(1, place=ORDERS)
        sleep(max(0.0, server.arrivals_s(ORDERS)[0] + 4 - perf_counter()))
        assert workers[1].evict() == 0
        assert master.process.wait(ENDS_WITHIN_S) == 0, master.log
        assert [worker.process.wait(ENDS_WITHIN_S) for worker in workers] == [0, 0, 0]
        facts = server.facts()
    result = result_of(tmp_path)
    assert result["status"] == "PASS", master.log
    assert [w["status"] for w in result["topology"]["workers"]] == ["complete"] * 3
    (roster,) = [v["actual"] for v in result["validity"] if v["id"] == "workers-complete"]
    assert roster.count(" left early, at ") == 1
    assert differences(result) == []
    stages = result["scenarios"][0]["stages"]
    assert sum(stage["attempts"] for stage in stages) == facts["requests"][ORDERS]
    assert sum(stage["succeeded"] for stage in stages) == facts["requests"][ORDERS]
    assert sum(stage["censored"] for stage in stages) == 0
    assert list((master.folder / "app").iterdir()) == [master.folder / "app/locustfile.py"]
    assert "no setting of jobload" not in master.log
    assert "Refused" not in master.log


def test_the_example_runs_whole(tmp_path: Path, exits: ExitStack) -> None:
    manifests = edited("stand-in", "light", ramp_up="1s", duration="5s", rate=120, audit=True)
    ports = {port: closed_port() for port in (5557, 8000, 6379)}
    pods = Pods(tmp_path, manifests, ports, exits)
    pods.start("jobs-store", "store")
    target = pods.start("jobs-api", "target")
    master, workers = started(pods)
    assert master.process.wait(ENDS_WITHIN_S) == 0, master.log + target.log
    for worker in workers:
        assert worker.process.wait(ENDS_WITHIN_S) == 0
    result = result_of(tmp_path)
    assert [check["status"] for check in result["scenarios"][0]["checks"]] == ["PASS"] * 3
    assert differences(result) == []
    (audit,) = [scenario["audit"] for scenario in result["scenarios"]]
    assert audit["status"] == "PASS"


def test_too_few_workers_end_the_job_as_invalid(tmp_path: Path, exits: ExitStack) -> None:
    manifests = edited("own-api", "orders", "http://127.0.0.1:9")
    for manifest in manifests:
        if manifest["metadata"]["name"] == "jobload-master" and manifest["kind"] == "Job":
            command = manifest["spec"]["template"]["spec"]["containers"][0]["command"]
            command[command.index("300")] = "3"
    pods = Pods(tmp_path, manifests, {5557: closed_port()}, exits)
    master = pods.start("jobload-master", "master")
    worker = pods.start("jobload-workers", "worker")
    assert master.process.wait(ENDS_WITHIN_S) == 3, master.log
    assert worker.process.wait(ENDS_WITHIN_S) == 0
    result = result_of(tmp_path)
    assert result["end"]["reason"] == "no-workers"


def test_a_probe_of_a_worker_waits_for_the_master(tmp_path: Path, exits: ExitStack) -> None:
    pods = Pods(tmp_path, edited("own-api", "orders"), {5557: closed_port()}, exits)
    worker = pods.start("jobload-workers", "worker")
    wait_until(lambda: re.search("Starting Locust", worker.log), 30, "it runs")
    assert not worker.passes("startupProbe")
    master = pods.start("jobload-master", "master")
    master.wait_until_started()
    worker.wait_until_started()
