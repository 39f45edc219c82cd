"""One plain value for a schema, the same each time."""

from __future__ import annotations

from typing import Any

import pytest

from jobload.init.openapi.openapi_document import CannotSendError, OpenApi
from jobload.init.openapi.sampler import Sampler

LOOP = {"type": "object", "required": ["x"], "properties": {"x": {"$ref": "#/loop"}}}


def sample(schema: Any, version: str = "3.0.0") -> Any:
    document = OpenApi({"openapi": version, "schema": schema, "loop": LOOP})
    return Sampler(document, {}).sample(document.data["schema"])


def read_only(**more: Any) -> dict[str, Any]:
    properties = {"id": {"type": "integer", "readOnly": True}, "n": {"type": "integer"}}
    return {"type": "object", "properties": properties, **more}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer", "minimum": 5, "exclusiveMinimum": True}, 6),
        ({"type": "integer", "maximum": 0, "exclusiveMaximum": True}, -1),
        ({"type": "integer", "multipleOf": 5}, 5),
        ({"type": "number", "minimum": 2}, 2),
        ({"type": "string", "minLength": 6}, "texttt"[:4] + "te"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "format": "uuid"}, "{{ uuid }}"),
        ({"type": "string", "minLength": 20_000}, "{{ text(20000) }}"),
        ({"type": "string", "example": "{{ x }}"}, "{{ choice('{{') }} x }}"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        (read_only(), {"n": 1}),
        (read_only(required=["id", "n"]), {"n": 1}),
        (
            {"allOf": [{"properties": {"a": {"type": "boolean"}}}, read_only()]},
            {"a": False, "n": 1},
        ),
        ({"nullable": True, "type": "string", "enum": ["b"]}, "b"),
    ],
    ids=str,
)
def test_a_schema_and_its_value(schema: Any, value: Any) -> None:
    assert sample(schema) == value


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"$ref": "#/loop"}, "contains itself without end"),
        ({"$ref": "other.yaml#/x"}, "is in another file"),
        ({"$ref": "#/nowhere"}, "leads nowhere"),
        ({"type": "integer", "minimum": 5, "maximum": 1}, "allows no number"),
        ({"type": "array", "minItems": 10**6, "items": {}}, "more than 2,000 values"),
        ({"type": "string", "pattern": "(["}, "no text could be made"),
    ],
    ids=str,
)
def test_why_there_is_none(schema: Any, why: str) -> None:
    with pytest.raises(CannotSendError, match=why):
        sample(schema)
