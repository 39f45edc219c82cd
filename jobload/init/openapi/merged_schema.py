"""One schema in place of those that it refers to, combines or chooses from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jobload.init.loose_data import listed, mapping
from jobload.init.openapi.openapi_document import CannotSendError, OpenApi

_DEEPEST = 24


def merged(document: OpenApi, node: Any) -> dict[str, Any]:
    """One schema in place of allOf, and of the first of anyOf or oneOf that is not null."""
    schema = document.follow(node)
    for _ in range(_DEEPEST):
        parts = [document.follow(each) for each in listed(schema.get("allOf"))]
        choice = _choice(document, schema)
        parts += [choice] if choice is not None else []
        if not parts:
            return schema
        rest = {k: v for k, v in schema.items() if k not in ("allOf", "anyOf", "oneOf")}
        schema = _united([*parts, rest])
    raise CannotSendError("its schema contains itself without end")


def properties_of(document: OpenApi, node: Any) -> dict[str, dict[str, Any]]:
    """Merged themselves; what can't be read is empty."""
    properties = mapping(merged_or_empty(document, node).get("properties"))
    return {name: merged_or_empty(document, each) for name, each in properties.items()}


def merged_or_empty(document: OpenApi, node: Any) -> dict[str, Any]:
    try:
        return merged(document, node)
    except CannotSendError:
        return {}


def _choice(document: OpenApi, schema: dict[str, Any]) -> dict[str, Any] | None:
    for key in ("oneOf", "anyOf"):
        for node in listed(schema.get(key)):
            chosen = document.follow(node)
            if chosen.get("type") != "null":
                return _named(document, chosen, node, schema)
    return None


def _named(
    document: OpenApi, chosen: dict[str, Any], node: Any, schema: dict[str, Any]
) -> dict[str, Any]:
    """The choice says by its discriminator which one it is, if it does not by itself."""
    discriminator = mapping(schema.get("discriminator"))
    key, reference = discriminator.get("propertyName"), mapping(node).get("$ref")
    if not isinstance(key, str) or not isinstance(reference, str):
        return chosen
    own = merged(document, mapping(merged(document, chosen).get("properties")).get(key))
    if {"const", "enum", "default"} & set(own):
        return _united([chosen, {"required": [key]}])
    names = {each: name for name, each in mapping(discriminator.get("mapping")).items()}
    value = names.get(reference, reference.rpartition("/")[2])
    named = {"properties": {key: {"const": value}}, "required": [key]}
    return _united([chosen, named])


def _united(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """All of them at once; of what can't be united the last one counts."""
    whole: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            if key in ("properties", "patternProperties"):
                whole[key] = mapping(whole.get(key)) | mapping(value)
            elif key in ("required", "allOf"):
                whole[key] = [*listed(whole.get(key)), *listed(value)]
            else:
                whole[key] = value
    return whole
