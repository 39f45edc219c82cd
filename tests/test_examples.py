"""What examples/ shows does what it says."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

pytestmark = pytest.mark.processes

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
BIN = Path(sys.executable).parent
WORKFLOW = EXAMPLES / "ci/github-actions.yml"
PIPELINE = EXAMPLES / "ci/gitlab-ci.yml"
OWN_API = EXAMPLES / "own-api"
SHORT = ["--set", "duration=5s", "--set", "ramp_up=1s", "--set", "rate=100"]


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        (["vendor.github-workflows"], WORKFLOW),
        (["vendor.gitlab-ci", "--data-transform", "gitlab-ci"], PIPELINE),
    ],
    ids=["github", "gitlab"],
)
def test_a_pipeline_meets_its_schema(schema: list[str], file: Path) -> None:
    check = [str(BIN / "check-jsonschema"), "--builtin-schema", *schema, str(file)]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("exits", "code"),
    [([0], 0), ([1], 1), ([2], 2), ([3, 0], 0), ([3, 1], 1), ([3, 3], 3)],
    ids=str,
)
def test_the_workflow_fails_with_a_fail_and_repeats_only_what_was_invalid(
    exits: list[int], code: int, tmp_path: Path
) -> None:
    steps = YAML(typ="safe").load(WORKFLOW)["jobs"]["load"]["steps"]
    (script,) = [step["run"] for step in steps if step.get("name") == "Load test"]
    pretender = tmp_path / ".jobload/.venv/bin/jobload"
    pretender.parent.mkdir(parents=True)
    pretender.write_text('#!/bin/sh\necho "$@" >>calls\nexit $(sed -n "$(wc -l <calls)p" exits)\n')
    pretender.chmod(0o755)
    (tmp_path / "exits").write_text("".join(f"{number}\n" for number in exits))

    done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, timeout=10)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert done.returncode == code
    assert len(calls) == len(exits)
    assert set(calls) == {
        "run --host http://127.0.0.1:8000 --scenario orders"
        " --scenarios load/scenarios.yaml --thresholds load/thresholds.yaml"
    }


def test_the_pipeline_fails_with_a_fail_and_repeats_only_what_was_invalid() -> None:
    job: dict[str, Any] = YAML(typ="safe").load(PIPELINE)["load test"]
    assert job["retry"] == {"max": 1, "exit_codes": 3}
    assert "allow_failure" not in job
    assert "||" not in job["script"][0]


@pytest.fixture
def orders_api() -> Iterator[tuple[str, Counter[str]]]:
    """Takes nothing but the example's orders with the example's token."""
    taken: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            ok = (self.path, self.headers["Authorization"]) == ("/v2/orders", "Bearer s3cret-word")
            ok = ok and set(json.loads(body)) == {"customer", "lines"}
            taken[body] += ok
            self._answer(201 if ok else 400, b'{"order_id": 1}')

        def do_GET(self) -> None:
            self._answer(404, b"{}")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}", taken
        server.shutdown()


@pytest.mark.e2e
def test_the_example_loads_another_api_without_a_line_of_python(
    orders_api: tuple[str, Counter[str]], tmp_path: Path
) -> None:
    host, taken = orders_api
    load = [str(BIN / "jobload"), "run", "--scenarios", "scenarios.yaml", "--scenario", "orders"]
    done = subprocess.run(
        [*load, "--host", host, "--results", str(tmp_path), *SHORT],
        cwd=OWN_API,
        env={"PATH": f"{BIN}:/usr/bin:/bin", "API_TOKEN": "s3cret-word"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    result = json.loads((tmp_path / "latest/result.json").read_text())
    # A busy machine may make arrivals late.
    complaints = {check["id"] for check in result["validity"] if check["status"] == "FAIL"}
    assert complaints <= {"schedule-kept"}, done.stdout + done.stderr
    assert {check["status"] for check in result["scenarios"][0]["checks"]} == {"PASS"}
    rows = (OWN_API / "orders.jsonl").read_text().splitlines()
    assert set(taken) == set(rows)
    assert max(taken.values()) - min(taken.values()) <= 1
    (line,) = (tmp_path / "history.jsonl").read_text().splitlines()
    (series,) = json.loads(line)["series"]
    (judged,) = [stage for stage in result["scenarios"][0]["stages"] if stage["judged"]]
    assert series["p99_ms"] == judged["response_time_ms"]["p99"]
    assert json.loads(line)["machine"] == (
        f"{result['environment']['processor']}, {result['environment']['cpu_count']} CPUs"
    )
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if "s3cret-word" in path.read_text(errors="replace")]
