"""Runs whose target a real Prometheus scrapes, and runs that get nothing from one."""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_process import PrometheusProcess, running_prometheus

from e2e.jobs_target import JobsTarget, jobs_target
from e2e.load_test import LoadTest, run_locust
from e2e.nursery import Process
from e2e.outcome import Outcome
from e2e.plan_files import Fields, steady, write_plan
from e2e.truth_server import closed_port, running_server

QUIET_S, SLOW_S = 6, 8
WARM_S = 3
RATE, BUSY_MS = 3, 40.0
"""Little of a core, also of one that others share."""
BUSY = {
    "method": "GET",
    "path": "/api/v1/jobs/",
    "ms": BUSY_MS,
    "after_s": float(WARM_S + QUIET_S),
}
SHORT = steady(4, 20, 4, 1)
TARGET_LOG = "target.log"
USER, PASSWORD = "scraper", "a-password-of-a-test"
LOGIN = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
PASSWORD_HASH = "$2b$04$g6RlDdVspqFfx19MKWxzK.Q/XhCvb6YsIPq.yItaByrJ7dhUXdasS"
CPU = "100 * sum(rate(process_cpu_seconds_total[3s]))"
STEPS = [
    {
        "post": "/api/v1/jobs",
        "name": "submit",
        "json": {"job_name": "a job", "args": {}},
        "capture": {"id": "$.id"},
    },
    {"get": "/api/v1/jobs/{{id}}", "name": "look"},
]
OBSERVED = {
    "cpu": {"query": CPU, "unit": "%"},
    "waiting": {"query": 'sum(jobload_target_jobs{status="pending"})'},
    "nothing": {"query": "no_such_metric"},
    "many": {"query": "jobload_target_requests_total"},
    "broken": {"query": "sum("},
    "not-finite": {"query": "0 * sum(up) / 0"},
}
CHECKS: list[Fields] = [
    {"metric": "observe:cpu", "expect": "<= 6%", "stage": "slow", "for": "3s", "window": "2s"},
    {"metric": "observe:cpu", "expect": "<= 300%"},
    {"metric": "observe:cpu", "expect": "<= 40%", "stage": "quiet"},
    {"metric": "observe:waiting", "expect": ">= 1"},
    *({"metric": f"observe:{name}", "expect": "<= 1"} for name in ("nothing", "many", "broken")),
    {"metric": "observe:not-finite", "expect": "<= 1"},
]


def observing(url: str, queries: Mapping[str, Fields], **more: Any) -> Fields:
    return {"prometheus": url, "every": "1s", "queries": queries, **more}


def slow_plan() -> Fields:
    """A calm stage, and one in which a step of the target computes for long."""
    stages = [
        {"name": "warm-up", "duration": f"{WARM_S}s", "users": 4, "rate": RATE, "judged": False},
        {"name": "quiet", "duration": f"{QUIET_S}s", "users": 4, "rate": RATE},
        {"name": "slow", "duration": f"{SLOW_S}s", "users": 4, "rate": RATE},
    ]
    return {"shape": "staged", "stages": stages, "steps": STEPS, "retries": 0}


def write_observed(folder: Path, plan: Fields, observe: Fields, checks: list[Fields]) -> list[str]:
    options = write_plan(folder, {"slow": plan}, {"slow": checks})
    path = folder / "scenarios.yaml"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"observe": observe}))
    return [*options, "--scenario", "slow"]


@contextmanager
def scraped_target(
    admin_port: int | None = None, **settings: object
) -> Iterator[tuple[JobsTarget, PrometheusProcess]]:
    with (
        jobs_target(admin_port, **settings) as target,
        running_prometheus({"target": target.url}) as prometheus,
    ):
        prometheus.wait_for(CPU)
        yield target, prometheus


def slow_step(folder: Path) -> Outcome:
    """From when the stage `slow` begins on, one step of the target computes. Two workers, all is
    traced, and `target.log` is what the target itself says of each request."""
    admin_port = closed_port()
    with scraped_target(admin_port, access_log=True) as (target, prometheus):
        observe = observing(prometheus.url, OBSERVED)
        options = write_observed(folder, slow_plan(), observe, CHECKS)
        options += ["--trace", "100%"]
        with LoadTest(folder, *options, host=target.url, mode="workers") as test:
            test.wait_for_console("Scenario slow:")
            put_behaviour(admin_port, {"busy": [BUSY]})
            outcome = test.outcome(within_s=60)
        shutil.copy(target.log, folder / TARGET_LOG)
        return outcome


def put_behaviour(admin_port: int, behaviour: Fields) -> None:
    client = http.client.HTTPConnection("127.0.0.1", admin_port, timeout=10)
    try:
        client.request("PUT", "/behaviour", json.dumps(behaviour))
        assert client.getresponse().status == 200
    finally:
        client.close()


CPU_CHECK: Fields = {"metric": "observe:cpu", "expect": "<= 90%"}
FIFTY: dict[str, Fields] = {"cpu": {"query": "vector(50)", "unit": "%"}}


def short(
    folder: Path,
    url: str | None,
    check: Fields = CPU_CHECK,
    options: Sequence[str] = (),
    **settings: Any,
) -> Outcome:
    """A run of some seconds that observes what is said to be at this address, if one is."""
    tls = settings.pop("tls", {})
    with running_server("fixed", latency_ms=5) as server:
        plan = write_plan(folder, {"slow": SHORT}, {"slow": [check] if url else []})
        if url:
            more = {"headers": {"Authorization": "Basic ${E2E_LOGIN}"}, "tls": tls} if tls else {}
            observe = observing(url, FIFTY, **more)
            plan = write_observed(folder, SHORT, observe, [check])
        given = [*plan, "--scenario", "slow", *options]
        with LoadTest(folder, *given, host=server.url, **settings) as test:
            return test.outcome(within_s=60)


def unreachable(folder: Path) -> Outcome:
    return short(folder, f"http://127.0.0.1:{closed_port()}")


def silent(folder: Path) -> Outcome:
    """Connections are taken by the kernel, and nobody ever answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return short(folder, f"http://127.0.0.1:{listener.getsockname()[1]}")


def silent_endpoint(folder: Path) -> Outcome:
    """The same where metrics and spans of each operation are pushed to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        return short(folder, None, options=("--otlp", url, "--trace", "100%"))


def dying(folder: Path) -> Outcome:
    """It answers until the middle of the stage that is judged."""
    with running_prometheus({}) as prometheus:
        observe = observing(prometheus.url, FIFTY)
        options = write_observed(folder, steady(4, 20, 8, 1), observe, [CPU_CHECK])
        return _stopped(folder, options, prometheus.process)


def _stopped(folder: Path, options: list[str], process: Process) -> Outcome:
    """It is, in the middle of the stage that is judged."""
    with (
        running_server("fixed", latency_ms=5) as server,
        LoadTest(folder, *options, host=server.url) as test,
    ):
        test.wait_for_console("Scenario slow:")
        server.wait_for_requests(60)
        process.send_signal(signal.SIGSTOP)
        try:
            return test.outcome(within_s=60)
        finally:
            process.send_signal(signal.SIGCONT)


def aborted(folder: Path) -> Outcome:
    """Its one figure is too high from the start."""
    check = CPU_CHECK | {"expect": "<= 40%", "abort": True, "window": "2s"}
    with running_prometheus({}) as prometheus, running_server("fixed", latency_ms=5) as server:
        observe = observing(prometheus.url, FIFTY)
        options = write_observed(folder, steady(4, 20, 40, 1), observe, [check])
        return run_locust(folder, *options, host=server.url)


def _certificate(folder: Path) -> tuple[str, str]:
    key, certificate = str(folder / "server.key"), str(folder / "server.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"]
    command += ["ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=prometheus"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def vanishing(folder: Path) -> Outcome:
    """It answers all the time, and what it scrapes does not any more."""
    queries = {"cpu": {"query": "10 + sum(jobload_target_requests_in_flight)", "unit": "%"}}
    with scraped_target() as (scraped, prometheus):
        options = write_observed(
            folder, steady(4, 20, 9, 1), observing(prometheus.url, queries), [CPU_CHECK]
        )
        return _stopped(folder, options, scraped.process)


def behind_a_door(folder: Path) -> Outcome:
    """It asks for a password, over TLS with a certificate of nobody known. The master asks it."""
    folder.mkdir(parents=True)
    certificate = _certificate(folder)
    web = {
        "tls_server_config": {"cert_file": certificate[0], "key_file": certificate[1]},
        "basic_auth_users": {USER: PASSWORD_HASH},
    }
    with running_prometheus({}, web=json.dumps(web)) as prometheus:
        url = prometheus.url.replace("http:", "https:")
        return short(
            folder,
            url,
            {"metric": "observe:cpu", "expect": "<= 90%"},
            tls={"ca": certificate[0]},
            environ={"E2E_LOGIN": LOGIN},
            mode="processes",
        )
