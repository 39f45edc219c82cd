"""Turns the schemas of OpenAPI 3.0 into those of JSON Schema 2020-12, which 3.1 has by itself."""

from __future__ import annotations

from typing import Any


def to_2020_12(node: Any) -> Any:
    if isinstance(node, list):
        return [to_2020_12(each) for each in node]
    if not isinstance(node, dict):
        return node
    turned = {key: to_2020_12(each) for key, each in node.items()}
    if turned.get("nullable") is True:
        _allow_null(turned)
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if turned.get(exclusive) is True and limit in turned:
            turned[exclusive] = turned.pop(limit)
        elif isinstance(turned.get(exclusive), bool):
            del turned[exclusive]
    return turned


def _allow_null(schema: dict[str, Any]) -> None:
    if isinstance(kind := schema.get("type"), str):
        schema["type"] = [kind, "null"]
    if isinstance(values := schema.get("enum"), list) and None not in values:
        schema["enum"] = [*values, None]
