"""An OpenAPI document with its local references followed."""

from __future__ import annotations

import re
from typing import Any

from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from jobload.init.loose_data import mapping
from jobload.init.source_file import read_json_or_yaml, refuse

_MOST_HOPS = 50
_READ = re.compile(r"3\.[012](\.|$)", re.ASCII)


class CannotSendError(ValueError):
    """Why what the document describes can't be sent, as half a sentence."""


class OpenApi:
    """Its schemas are all of JSON Schema 2020-12, whatever version it is."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = _to_2020_12(data) if str(data["openapi"]).startswith("3.0") else data
        resource = DRAFT202012.create_resource(self.data)
        registry: Registry[Any] = Registry().with_resource("", resource)
        self._resolver = registry.resolver()

    def follow(self, node: Any) -> dict[str, Any]:
        """The mapping that a node is or refers to, with what 3.1 lets stand beside the $ref;
        CannotSendError where that leads nowhere."""
        beside: dict[str, Any] = {}
        for _ in range(_MOST_HOPS):
            if not isinstance(node, dict):
                return beside
            if not isinstance(reference := node.get("$ref"), str):
                return node | beside
            beside = {key: each for key, each in node.items() if key != "$ref"} | beside
            node = self._at(reference)
        raise CannotSendError(f"{reference} refers to itself")

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise CannotSendError(f"{reference} is in another file; bundle the document into one")
        try:
            return self._resolver.lookup(reference).contents
        except (Unresolvable, LookupError, TypeError, ValueError, AttributeError):
            raise CannotSendError(f"{reference} leads nowhere") from None

    def found(self, node: Any) -> dict[str, Any]:
        """The same, but empty where that leads nowhere."""
        try:
            return self.follow(node)
        except CannotSendError:
            return {}


def read_openapi(path: str) -> OpenApi:
    data = read_json_or_yaml(path)
    if not isinstance(data, dict):
        refuse(path, "is no OpenAPI document: expected a mapping with the key openapi")
    if "openapi" not in data:
        refuse(path, _what_it_is_instead(data))
    if not _READ.match(str(data["openapi"])):
        refuse(path, f"is OpenAPI {data['openapi']}; expected 3.0, 3.1 or 3.2")
    if not mapping(data.get("paths")):
        refuse(path, "has no paths, so there is nothing to send")
    return OpenApi(data)


def _what_it_is_instead(data: dict[str, Any]) -> str:
    if "swagger" in data:
        version = data["swagger"]
        return f"is Swagger {version}; expected OpenAPI 3.0 or later, into which converters turn it"
    if "log" in data:
        return "looks like a HAR recording; take --har for it"
    if "_postman_id" in mapping(data.get("info")):
        return "is a Postman collection; convert it to OpenAPI, or take a request of it as --curl"
    return "is no OpenAPI document: the key openapi is missing"


def _to_2020_12(node: Any) -> Any:
    """The schemas of OpenAPI 3.0 as those of JSON Schema, which 3.1 has by itself."""
    if isinstance(node, list):
        return [_to_2020_12(each) for each in node]
    if not isinstance(node, dict):
        return node
    turned = {key: _to_2020_12(each) for key, each in node.items()}
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
