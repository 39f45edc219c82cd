"""The OpenAPI document. Limits and shapes come from the code that enforces them."""

import re
from typing import Any

import msgspec

from target_app.audit import PAGE
from target_app.cursor import PATTERN as CURSOR_PATTERN
from target_app.jobs import KEY_PATTERN, JobRequest
from target_app.problems import MEDIA_TYPE
from target_app.routes import JOBS_PATH, MAX_LIMIT
from target_app.store import Status
from target_app.submit import RUN_PATTERN

Json = dict[str, Any]

STRING: Json = {"type": "string"}
NUMBER: Json = {"type": "integer", "minimum": 0}
TIME: Json = {"type": "string", "format": "date-time"}
JOB_ID: Json = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
STATUS: Json = {"type": "string", "enum": [status.value for status in Status]}
TEXT: Json = {"type": "string", "pattern": r"^[^\u0000]*$"}
RUN: Json = {"type": "string", "pattern": f"^{RUN_PATTERN}$"}
RETRY_AFTER: Json = {"Retry-After": {"required": True, "schema": NUMBER}}


def openapi_document() -> Json:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Jobs API (stand-in)", "version": "1"},
        "paths": _paths(),
        "components": {"schemas": {"Problem": _problem(), "Value": _value()}},
    }


def allowed_methods(document: Json, path: str) -> list[str]:
    return [
        method.upper()
        for template, operations in document["paths"].items()
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path)
        for method in operations
    ]


def _paths() -> Json:
    job_id = _parameter("job_id", "path", STRING)
    run_id = _parameter("run_id", "path", RUN)
    return {
        JOBS_PATH: {"get": _list_jobs(), "post": _submit_job()},
        JOBS_PATH + "/{job_id}": {
            "get": _operation([job_id], _answers(_job(), 404, 503)),
            "delete": _operation([job_id], _answers(_job(), 404, 409, 503)),
        },
        "/healthz": {"get": _operation([], _answers(_object(status=STRING)))},
        "/readyz": {"get": _operation([], _answers(_object(status=STRING), 503))},
        "/metrics": {"get": _operation([], {"200": _content("text/plain", STRING)})},
        "/-/stats": {"get": _operation([], _answers(_stats(), 503))},
        "/-/runs/{run_id}": {
            "get": _operation([run_id], _answers(_run(), 422, 503)),
            "delete": _operation([run_id], {"204": {"description": ""}} | _problems(422, 503)),
        },
        "/-/runs/{run_id}/operations": {
            "get": _operation(
                [run_id, _limit(PAGE, PAGE), _cursor()], _answers(_operations(), 422, 503)
            )
        },
    }


def _submit_job() -> Json:
    key = {"type": "string", "pattern": f'^({KEY_PATTERN}|"{KEY_PATTERN}")$'}
    created = _content("application/json", _object(id=JOB_ID, status=STATUS))
    created["headers"] = {"Location": {"required": True, "schema": STRING}}
    return {
        "operationId": "submit_job",
        "parameters": [
            _parameter("Idempotency-Key", "header", key),
            _parameter("X-Jobload-Run", "header", RUN),
        ],
        "requestBody": {"required": True} | _media("application/json", _job_request()),
        "responses": {"201": created} | _problems(400, 413, 415, 422, 503),
    }


def _list_jobs() -> Json:
    listed = _object(id=JOB_ID, status=STATUS, created_at=TIME)
    responses = _answers({"type": "array", "items": listed, "maxItems": MAX_LIMIT}, 422, 503)
    responses["200"]["headers"] = {"Link": {"schema": STRING}}
    parameters = [_limit(20, MAX_LIMIT), _cursor(), _parameter("status", "query", STATUS)]
    return _operation(parameters, responses)


def _job_request() -> Json:
    request: Json = msgspec.json.schema(JobRequest)["$defs"]["JobRequest"]
    request["properties"]["job_name"] |= TEXT
    request["properties"]["args"] = _free_object()
    return request


def _job() -> Json:
    optional_time = {"type": ["string", "null"], "format": "date-time"}
    return _object(
        id=JOB_ID,
        status=STATUS,
        created_at=TIME,
        started_at=optional_time,
        finished_at=optional_time,
        attempts=NUMBER,
        **_job_request()["properties"],
    )


def _stats() -> Json:
    return _object(jobs=NUMBER, by_status=_object(**{status.value: NUMBER for status in Status}))


def _run() -> Json:
    return _object(run_id=RUN, requests=NUMBER, jobs=NUMBER)


def _operations() -> Json:
    status = {"type": ["string", "null"], "enum": [*STATUS["enum"], None]}
    operation = _object(key={"type": ["string", "null"]}, job_id=JOB_ID, status=status)
    rows = {"type": "array", "items": operation, "maxItems": PAGE}
    return _object(run_id=RUN, operations=rows, next={"type": ["string", "null"]})


def _value() -> Json:
    """Any JSON without NUL characters, which many stores can't keep."""
    simple = {"type": ["number", "boolean", "null"]}
    items = {"type": "array", "items": {"$ref": "#/components/schemas/Value"}}
    return {"anyOf": [TEXT, simple, items, _free_object()]}


def _free_object() -> Json:
    value = {"$ref": "#/components/schemas/Value"}
    return {"type": "object", "propertyNames": TEXT, "additionalProperties": value}


def _problem() -> Json:
    status = {"type": "integer", "minimum": 400, "maximum": 599}
    return _object(type=STRING, title=STRING, status=status, detail=STRING)


def _operation(parameters: list[Json], responses: Json) -> Json:
    return {"parameters": parameters, "responses": responses}


def _answers(schema: Json, *problems: int) -> Json:
    return {"200": _content("application/json", schema)} | _problems(*problems)


def _problems(*statuses: int) -> Json:
    found = {}
    for status in statuses:
        answer = _content(MEDIA_TYPE, {"$ref": "#/components/schemas/Problem"})
        found[str(status)] = answer | ({"headers": RETRY_AFTER} if status == 503 else {})
    return found


def _content(media_type: str, schema: Json) -> Json:
    return {"description": "", **_media(media_type, schema)}


def _media(media_type: str, schema: Json) -> Json:
    return {"content": {media_type: {"schema": schema}}}


def _object(**properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _parameter(name: str, place: str, schema: Json) -> Json:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _limit(default: int, most: int) -> Json:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return _parameter("limit", "query", schema)


def _cursor() -> Json:
    schema = {"type": "string", "pattern": f"^{CURSOR_PATTERN}$"}
    return _parameter("cursor", "query", schema)
