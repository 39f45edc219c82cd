"""OpenAPI documents as five kinds of tools and people write them, and what becomes of each.

What must be sent is written out here; the servers take nothing else.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from scripted_api import Answer, Request

from init.replayed import assert_all_succeeded, replayed, steps_in, written
from jobload.init.draft import Step
from jobload.init.openapi.openapi_draft import openapi_draft

DOCUMENTS = Path(__file__).parents[1] / "documents"
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
CREATED = "0000-created"


@dataclass
class Strict:
    """Answers what is expected, and 400 to all else."""

    answers: dict[str, tuple[int, Any]]
    """By a pattern of method and target."""
    headers: dict[str, str] = field(default_factory=dict)
    """That each request must have, as patterns."""

    def __call__(self, request: Request) -> Answer:
        said = f"{request.method} {request.path}"
        for pattern, (status, reply) in self.answers.items():
            if re.fullmatch(pattern, said) and self._has_headers(request):
                return status, json.dumps(reply).encode()
        return 400, json.dumps({"unexpected": said}).encode()

    def _has_headers(self, request: Request) -> bool:
        return all(
            re.fullmatch(pattern, request.headers.get(name, ""))
            for name, pattern in self.headers.items()
        )


CASES: dict[str, tuple[Strict, dict[str, Any]]] = {
    "fastapi.json": (
        Strict(
            {
                "GET /renders/": (200, []),
                "POST /renders/": (202, {"render_id": CREATED, "state": "queued"}),
                f"GET /renders/{CREATED}": (200, {"render_id": CREATED, "state": "done"}),
                "POST /token": (200, {}),
            }
        ),
        {
            "POST /renders/": {
                "frames": [1, 2],
                "engine": "cycles",
                "quality": 0.5,
                "tags": {},
            },
            "POST /token": b"username=username&password=PASSWORD",
        },
    ),
    "springdoc.yaml": (
        Strict(
            {
                "POST /batch/api/jobs": (200, {"id": 7001}),
                r"GET /batch/api/jobs/7001/executions\?page=1&size=1": (200, {}),
                "POST /batch/api/jobs/7001/executions": (201, {"executionId": 9002}),
                "GET /batch/api/jobs/7001/executions/9002": (200, {"status": "STARTED"}),
            }
        ),
        {
            "POST /batch/api/jobs": {"name": "namenamena", "kind": "IMPORT", "cron": "0 0 * * *"},
            "POST /batch/api/jobs/7001/executions": {},
        },
    ),
    "swashbuckle.json": (
        Strict(
            {
                r"GET /api/Imports\?api-version=1\.0": (200, []),
                r"POST /api/Imports\?api-version=1\.0": (200, {"data": {"id": CREATED}}),
                rf"GET /api/Imports/{CREATED}\?api-version=1\.0": (200, {}),
            },
            {"x-api-key": "API_KEY"},
        ),
        {
            "POST /api/Imports?api-version=1.0": {
                "fileName": "fileName",
                "rows": 5,
                "ratio": 0.5,
                "isDryRun": False,
                "address": {"street": "street", "country": {"code": "co"}},
            }
        },
    ),
    "swaggo.yaml": (
        Strict(
            {
                "POST /api/v1/tasks": (202, {"data": {"task_id": "01H9"}}),
                "GET /api/v1/tasks/01H9": (200, {}),
                r"GET /api/v1/search\?q=red%20%26%20blue&fields=name": (200, {}),
            },
            {"authorization": "Basic BASIC_AUTH"},
        ),
        {
            "POST /api/v1/tasks": {
                "payload": {},
                "priority": 5,
                "queue": "default",
                "webhook_secret": "WEBHOOK_SECRET",
            }
        },
    ),
    "handwritten.yaml": (
        Strict(
            {
                r"POST /v2/shops/north/orders\?key=KEY": (201, {"receipt": {"no": 55}}),
                r"GET /v2/shops/north/orders\?since=2026-01-15&filter%5Bcolour%5D=red": (200, []),
                "GET /v2/orders/55": (200, {}),
                "GET /v2/catalogue": (200, {}),
                "GET /v2/papers/matt": (200, {}),
            }
        ),
        {
            "POST /v2/shops/north/orders?key=KEY": {
                "item": {"kind": "poster", "width": 40},
                "copies": 2,
                "note": "with {{ braces }} and ${PLACES}",
            }
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_document_becomes_a_flow_that_its_server_takes(name: str, tmp_path: Path) -> None:
    server, bodies = CASES[name]
    file = written(tmp_path, "--openapi", str(DOCUMENTS / name))
    with replayed(file, server) as (process, api):
        assert_all_succeeded(process)
        sent = {f"{each.method} {each.path}": each.body for each in api.requests}
    assert all(any(re.fullmatch(p, each) for each in sent) for p in server.answers), sent.keys()
    for request, body in bodies.items():
        if isinstance(body, bytes):
            assert sent[request] == body
        else:
            assert json.loads(sent[request]) | body == json.loads(sent[request])


def test_values_that_must_differ_do_and_meet_their_schema(tmp_path: Path) -> None:
    """A server that checks every body and header, by the library alone."""
    document = json.loads((DOCUMENTS / "fastapi.json").read_text())
    schema = document["components"]["schemas"]["RenderIn"] | {"components": document["components"]}
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    server, _ = CASES["fastapi.json"]
    file = written(tmp_path, "--openapi", str(DOCUMENTS / "fastapi.json"))
    with replayed(file, server) as (_, api):
        posts = [each for each in api.requests if (each.method, each.path) == ("POST", "/renders/")]
    for each in posts:
        checker.validate(each.job)
        assert re.fullmatch(UUID, each.headers["x-request-id"])
    assert len({each.headers["x-request-id"] for each in posts}) == len(posts)
    assert posts[0].headers["authorization"] == "Bearer HTTP_BEARER"


def test_one_of_two_ways_of_proof_is_enough_and_both_of_a_pair_are_sent(tmp_path: Path) -> None:
    file = written(tmp_path, "--openapi", str(DOCUMENTS / "handwritten.yaml"))
    by_name = {step["name"]: step for step in steps_in(file)}
    assert by_name["listOrders"]["headers"] == {"Authorization": "Bearer ${OAUTH}"}
    assert by_name["placeOrder"]["headers"]["X-Tenant-Key"] == "${TENANT}"
    assert "?key=${KEY}" in by_name["placeOrder"]["post"]
    assert "headers" not in by_name["catalogue"]


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("fastapi.json", ["DELETE /renders/{render_id}", "POST /uploads"]),
        ("springdoc.yaml", ["PUT /api/jobs/{id}"]),
        ("swaggo.yaml", ["POST /tasks/{id}/retry", "GET /owners/tasks"]),
        ("handwritten.yaml", ["GET /elsewhere", "GET /orders/{orderNumber}/proof"]),
    ],
)
def test_what_is_not_taken_over_is_said_on_the_console_and_in_the_file(
    name: str, left_out: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "--openapi", str(DOCUMENTS / name))
    console, text = capsys.readouterr().out, file.read_text()
    for operation in left_out:
        assert re.search(rf"^not taken over: .*{re.escape(operation)}", console, re.MULTILINE)
        assert re.search(rf"^# - {re.escape(operation)}", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("chosen", "sent"),
    [
        (["execution"], ["create", "launch", "execution"]),
        (["PUT /api/jobs/{id}"], ["create", "update"]),
        (["update", "findExecutions"], ["create", "update", "findExecutions"]),
        (["create"], ["create"]),
    ],
    ids=str,
)
def test_chosen_operations_come_with_those_that_give_their_ids(
    chosen: list[str], sent: list[str], tmp_path: Path
) -> None:
    options = [part for name in chosen for part in ("--operation", name)]
    file = written(tmp_path, "--openapi", str(DOCUMENTS / "springdoc.yaml"), *options)
    assert [step["name"] for step in steps_in(file)] == sent


def test_an_id_that_nothing_gives_becomes_a_variable_to_fill_in(tmp_path: Path) -> None:
    source = YAML(typ="safe", pure=True).load(DOCUMENTS / "springdoc.yaml")
    del source["paths"]["/api/jobs"]
    (tmp_path / "api.json").write_text(json.dumps(source))
    options = ["--openapi", str(tmp_path / "api.json"), "--operation", "update"]
    file = written(tmp_path / "out", *options)
    assert "variables: {id: 1}" in file.read_text()
    (step,) = steps_in(file)
    assert step["put"] == "/batch/api/jobs/{{ id }}"


def test_an_operation_that_there_is_not_is_told_with_the_nearest(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from jobload.cli import main

    options = ["--operation", "lanch", "--operation", "GET /x", "--into", str(tmp_path)]
    assert main(["init", "--openapi", str(DOCUMENTS / "springdoc.yaml"), *options]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert "'lanch'" in first
    assert "did you mean launch?" in first
    assert "'GET /x'" in second


def test_a_parameter_that_says_the_proof_again_is_sent_once_and_cookies_together(
    tmp_path: Path,
) -> None:
    text = {"required": True, "schema": {"type": "string"}, "example": "t1"}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "components": {
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "session": {"type": "apiKey", "in": "cookie", "name": "SESSION"},
            }
        },
        "paths": {
            "/jobs": {
                "get": {
                    "security": [{"key": [], "session": []}],
                    "parameters": [
                        {"name": "x-api-key", "in": "header", **text},
                        {"name": "track", "in": "cookie", **text},
                    ],
                }
            }
        },
    }
    file = tmp_path / "api.json"
    file.write_text(json.dumps(document))
    (step,) = steps_in(written(tmp_path / "out", "--openapi", str(file)))
    assert step["headers"] == {"X-API-Key": "${KEY}", "Cookie": "SESSION=${SESSION}; track=t1"}


def test_a_list_in_a_form_has_its_name_before_each(tmp_path: Path) -> None:
    form = {"schema": {"type": "object"}, "example": {"a": "x y", "list": ["p&q", "r"]}}
    body = {"required": True, "content": {"application/x-www-form-urlencoded": form}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/jobs": {"post": {"requestBody": body}}},
    }
    file = tmp_path / "api.json"
    file.write_text(json.dumps(document))
    (step,) = steps_in(written(tmp_path / "out", "--openapi", str(file)))
    assert step["headers"] == {"Content-Type": "application/x-www-form-urlencoded"}
    assert step["body"] == "a=x%20y&list=p%26q&list=r"


def test_operations_of_one_id_are_steps_of_names_of_their_own(tmp_path: Path) -> None:
    read: dict[str, Any] = {"operationId": "list", "responses": {}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {path: {"get": read} for path in ("/users", "/orders", "/things")},
    }
    file = tmp_path / "api.json"
    file.write_text(json.dumps(document))
    steps = steps_in(written(tmp_path / "out", "--openapi", str(file)))
    assert [step["name"] for step in steps] == ["list", "list 2", "list 3"]


def test_what_a_body_may_also_have_is_told_of_all_that_it_is_made_of(tmp_path: Path) -> None:
    text = {"type": "string"}
    base = {"type": "object", "required": ["a"], "properties": {"a": text, "b": text}}
    more = {"properties": {"c": text, "d": {"allOf": [text, {"readOnly": True}]}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Base"}, more]}
    document = {
        "openapi": "3.1.0",
        "components": {"schemas": {"Base": base}},
        "paths": {
            "/jobs": {
                "post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}
            }
        },
    }
    file = tmp_path / "api.json"
    file.write_text(json.dumps(document))
    (flow,) = openapi_draft(str(file), []).flows
    (step,) = flow.steps
    assert isinstance(step, Step)
    assert step.remarks == ["Its body may also have: b, c."]


@pytest.mark.parametrize("within", [False, True])
def test_the_id_may_be_of_any_of_the_replies_that_there_can_be(
    tmp_path: Path, *, within: bool
) -> None:
    error, job = ({"type": "object", "properties": {key: {}}} for key in ("error", "id"))
    schema: dict[str, Any] = {"oneOf": [error, job]}
    schema = {"properties": {"data": schema}} if within else schema
    content = {"application/json": {"schema": schema}}
    named = {"name": "job_id", "in": "path", "required": True, "schema": {"type": "string"}}
    document = {
        "openapi": "3.1.0",
        "paths": {
            "/jobs": {"post": {"responses": {"201": {"content": content}}}},
            "/jobs/{job_id}": {"get": {"parameters": [named], "responses": {}}},
        },
    }
    file = tmp_path / "api.json"
    file.write_text(json.dumps(document))
    flows = openapi_draft(str(file), []).flows
    captured = [step.capture for flow in flows for step in flow.steps if isinstance(step, Step)]
    assert {"job_id": "$.data.id" if within else "$.id"} in captured
