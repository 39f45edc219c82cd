"""Which operation makes the id that another one has in its path, and where its reply has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jobload.init.loose_data import listed, mapping
from jobload.init.openapi.api_operation import Operation, json_schema_of, placeholders
from jobload.init.openapi.merged_schema import merged_or_empty
from jobload.init.openapi.openapi_document import OpenApi
from jobload.init.openapi.plain_value import kind_of_schema
from jobload.init.template_text import json_path_text

_DEEPEST = 2
_RUNTIME = re.compile(r"\$response\.body#((?:/[^/{}]+)+)|\$response\.header\.([A-Za-z0-9-]+)")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the value of a placeholder comes from."""

    producer: Operation
    capture: str
    """As in `$.id`."""


def path_before(path: str, name: str) -> str:
    """`/jobs` of `/jobs/{id}/log` and `id`."""
    before = ""
    for text, each in placeholders(path):
        before += text
        if each == name:
            break
        before += f"{{{each}}}"
    return before.rstrip("/")


def source_of(
    document: OpenApi, operations: list[Operation], consumer: Operation, name: str
) -> Source | None:
    """By a link of the document; else by a POST to the path in front of the placeholder."""
    before = path_before(consumer.bare_path, name)
    for producer in operations:
        if producer.method == "post" and (found := _linked(document, producer, consumer, name)):
            return Source(producer, found)
    for producer in operations:
        if producer.method == "post" and _same_path(producer.bare_path, before):
            for _, reply in producer.replies(document):
                if found := _path_to_id(document, json_schema_of(reply), name, before):
                    return Source(producer, found)
    return None


def _same_path(one: str, other: str) -> bool:
    """Whatever their placeholders are called."""
    blank = r"\{[^}]*\}"
    return re.sub(blank, "{}", one.rstrip("/")) == re.sub(blank, "{}", other)


def _linked(document: OpenApi, producer: Operation, consumer: Operation, name: str) -> str | None:
    for _, reply in producer.replies(document):
        for node in mapping(reply.get("links")).values():
            link = document.found(node)
            if link.get("operationId") == consumer.data.get("operationId", ""):
                return _runtime_expression(mapping(link.get("parameters")).get(name))
    return None


def _runtime_expression(text: Any) -> str | None:
    """`$response.body#/data/id` as `$.data.id`."""
    if not isinstance(text, str) or not (match := _RUNTIME.fullmatch(text)):
        return None
    if match[2]:
        return f"header:{match[2].lower()}"
    keys = [key.replace("~1", "/").replace("~0", "~") for key in match[1][1:].split("/")]
    return json_path_text(int(key) if key.isdigit() else key for key in keys)


def _path_to_id(
    document: OpenApi, schema: dict[str, Any] | None, name: str, before: str
) -> str | None:
    """The best property by its name, the outermost first."""
    if schema is None:
        return None
    wanted = _names(name, before)
    found = [
        (rank, keys)
        for keys in _properties(document, schema, ())
        if (rank := _rank(keys[-1], wanted)) is not None
    ]
    if not found:
        return None
    return json_path_text(min(found, key=lambda each: (each[0], len(each[1])))[1])


def _names(name: str, before: str) -> list[str]:
    """What a reply may call it, the likeliest first: job_id, then id, then the others."""
    thing = re.sub(r"s$", "", before.rpartition("/")[2])
    return [_folded(each) for each in (name, f"{thing}_id", "id", "uuid", "key", "name", "slug")]


def _rank(key: str, wanted: list[str]) -> int | None:
    folded = _folded(key)
    usual = wanted[:4] if wanted[0] not in wanted[4:] else [wanted[0]]
    return usual.index(folded) if folded in usual else None


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _properties(document: OpenApi, node: Any, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Of texts and whole numbers, those of the objects in it as well, but not of lists, which may
    be empty."""
    for choice in _choices(document, node):
        for key, each in mapping(merged_or_empty(document, choice).get("properties")).items():
            at, kind = (*above, key), kind_of_schema(merged_or_empty(document, each))
            if kind == "object" and len(at) <= _DEEPEST:
                yield from _properties(document, each, at)
            elif kind in ("string", "integer"):
                yield at


def _choices(document: OpenApi, node: Any) -> Iterator[dict[str, Any]]:
    """All that a reply may be: what a request sends is the first of them."""
    schema = document.found(node)
    rest = {k: v for k, v in schema.items() if k not in ("anyOf", "oneOf")}
    for each in [*listed(schema.get("oneOf")), *listed(schema.get("anyOf"))] or [{}]:
        yield {"allOf": [rest, each]}
