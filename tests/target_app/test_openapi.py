import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from target_process import JOBS, Client, TargetProcess, running_redis, running_target


@pytest.fixture(scope="module")
def target() -> Iterator[TargetProcess]:
    with running_redis() as redis, running_target(redis.url) as process:
        yield process


@pytest.fixture
def client(target: TargetProcess) -> Client:
    return target.client()


@pytest.mark.timeout(900)
def test_schemathesis_finds_nothing(target: TargetProcess, full_length: bool) -> None:
    """use_after_free is off: here DELETE cancels a job, which stays readable as cancelled."""
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), "run"),
        *("--checks", "all", "--exclude-checks", "use_after_free"),
        *("--max-examples", "500" if full_length else "15"),
        *("--generation-database", "none", "--no-color"),
        f"http://127.0.0.1:{target.port}/openapi.json",
    ]
    hooks = {
        "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
        "PYTHONPATH": str(Path(__file__).parent),
    }
    done = subprocess.run(
        command, env=os.environ | hooks, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert "11 passed" in done.stdout
    assert "Traceback" not in target.log.read_text()
    (cases,) = re.findall(r"([\d,]+) generated", done.stdout)
    assert int(cases.replace(",", "")) >= (5_000 if full_length else 150)


def test_the_answers_have_the_documented_form(client: Client) -> None:
    document = client.get("/openapi.json").json
    job_id = client.submit(key="k", run="r").json["id"]
    answers = {
        ("/healthz", "get"): client.get("/healthz"),
        ("/readyz", "get"): client.get("/readyz"),
        (JOBS, "get"): client.get(JOBS),
        (JOBS, "post"): client.submit(),
        (JOBS + "/{job_id}", "get"): client.get(f"{JOBS}/{job_id}"),
        (JOBS + "/{job_id}", "delete"): client.request("DELETE", f"{JOBS}/{job_id}"),
        ("/-/stats", "get"): client.get("/-/stats"),
        ("/-/runs/{run_id}", "get"): client.get("/-/runs/r"),
        ("/-/runs/{run_id}/operations", "get"): client.get("/-/runs/r/operations"),
    }
    for (path, method), answer in answers.items():
        responses = document["paths"][path][method]["responses"]
        schema = responses[str(answer.status)]["content"]["application/json"]["schema"]
        Draft202012Validator(schema | {"components": document["components"]}).validate(answer.json)


def test_the_document_names_every_path_that_answers(client: Client) -> None:
    assert set(client.get("/openapi.json").json["paths"]) == {
        *(JOBS, JOBS + "/{job_id}", "/healthz", "/readyz", "/metrics"),
        *("/-/stats", "/-/runs/{run_id}", "/-/runs/{run_id}/operations"),
    }


@pytest.mark.parametrize(
    ("path", "allowed"),
    [(JOBS, "GET, POST"), (f"{JOBS}/{'0' * 32}", "GET, DELETE"), ("/healthz", "GET")],
)
def test_a_wrong_method_is_told_the_right_ones(client: Client, path: str, allowed: str) -> None:
    answer = client.request("PUT", path)
    assert (answer.status, answer.headers["allow"]) == (405, allowed)
