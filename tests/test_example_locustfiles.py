"""Locustfiles of examples/ that know nothing of jobload: run as their first lines say."""

from __future__ import annotations

import json
import socketserver
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from e2e.nursery import completed
from e2e.waiting import Background, Job

FOLDER = Path(__file__).resolve().parents[1] / "examples/any-locustfile"
JOBLOAD = Path(sys.executable).parent / "jobload"
pytestmark = pytest.mark.processes
SCENARIOS = {"shop": "shop.py", "shop-as-before": "shop.py", "login": "login.py"}
SHORT = ["--set", "duration=4s", "--set", "ramp_up=1s"]


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[str]:
    with server:
        threading.Thread(target=server.serve_forever).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextmanager
def shop() -> Iterator[tuple[str, Counter[str]]]:
    """Sells to anybody, and tells who has logged in of orders."""
    asked: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(200, {"order_id": 1, "token": "t0ken"})

        def do_GET(self) -> None:
            known = self.headers.get("Authorization") == "Bearer t0ken"
            self._answer(200 if known or self.path != "/orders" else 401, {})

        def _answer(self, status: int, content: object) -> None:
            asked[f"{self.command} {self.path}"] += 1
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer.allow_reuse_address = True
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as where:
        yield f"http://{where}", asked


@contextmanager
def greeter() -> Iterator[tuple[str, Counter[str]]]:
    asked: Counter[str] = Counter()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                method = json.loads(line)["method"]
                asked[f"rpc {method}"] += 1
                self.wfile.write(b'{"result": "hello"}\n')

    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as where:
        yield where, asked


def run(folder: Path, file: str, scenario: str, *options: str, **environ: str) -> dict[str, Any]:
    command = [str(JOBLOAD), "run", "-f", file, "--scenarios", "scenarios.yaml"]
    command += ["--scenario", scenario, "--results", str(folder), *SHORT, *options]
    done = completed(command, FOLDER, environ)
    result: dict[str, Any] = json.loads((folder / "latest/result.json").read_text())
    # A busy machine may make arrivals late.
    complaints = {check["id"] for check in result["validity"] if check["status"] == "FAIL"}
    assert complaints <= {"schedule-kept"}, done.stdout + done.stderr
    # Nor are its times the example's affair.
    counted = [c for c in result["scenarios"][0]["checks"] if "error_rate" in c["metric"]]
    assert {check["status"] for check in counted} == {"PASS"}, done.stdout + done.stderr
    return result


Seen = tuple[dict[str, Any], Counter[str]]


def shopped(folder: Path, file: str, scenario: str) -> Seen:
    with shop() as (host, asked):
        return run(folder, file, scenario, "--host", host), asked


def greeted(folder: Path) -> Seen:
    with greeter() as (where, asked):
        return run(folder, "rpc.py", "rpc", RPC_SERVER=where), asked


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        scenario: partial(shopped, folder / scenario, file, scenario)
        for scenario, file in SCENARIOS.items()
    }
    with Background(jobs | {"rpc": partial(greeted, folder / "rpc")}) as background:
        yield background


def requests(result: dict[str, Any]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for stage in result["scenarios"][0]["stages"]:
        for step in stage["endpoints"]:
            counts[step["name"].replace("[id]", "17")] += step["succeeded"] + step["failed"]
    return counts


@pytest.mark.parametrize("file", ["shop.py", "login.py", "rpc.py"])
def test_its_scenarios_are_sound(file: str) -> None:
    command = [str(JOBLOAD), "validate", "-f", file, "--scenarios", "scenarios.yaml"]
    done = completed(command, FOLDER)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith(f"{file}: ")


@pytest.mark.e2e
@pytest.mark.parametrize("scenario", ["shop", "shop-as-before"])
def test_nothing_but_the_command_has_changed(runs: Background, scenario: str) -> None:
    result, asked = runs[scenario]
    assert requests(result) == asked
    kinds = {flow["name"] for flow in result["scenarios"][0]["stages"][-1]["flows"]}
    assert kinds == {"Shopper.browse", "Shopper.buy"}


@pytest.mark.e2e
def test_a_login_is_a_request_outside_of_any_operation(runs: Background) -> None:
    result, asked = runs["login"]
    assert requests(result) == asked
    assert asked["POST /login"] == 10
    stages = result["scenarios"][0]["stages"]
    assert sum(stage["started"] for stage in stages) == asked["GET /orders"]


@pytest.mark.e2e
def test_calls_of_another_protocol_are_requests_like_any(runs: Background) -> None:
    result, asked = runs["rpc"]
    assert requests(result) == asked
