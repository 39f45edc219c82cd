"""Makes one value that a JSON schema allows, the plainest there is, the same each time.

The document's own examples come first; what must differ each time becomes a template.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from rstr import Rstr

from jobload.init.loose_data import listed, mapping
from jobload.init.openapi.openapi_document import DanglingReferenceError, OpenApi
from jobload.init.secret_name import is_secret, variable_name
from jobload.init.template_text import filled_in, literal

_DEEPEST = 24
_MOST_VALUES = 2_000
_LONGEST_TEXT = 10_000
_BY_FORMAT = {
    "date": "2026-01-15",
    "time": "12:00:00Z",
    "duration": "PT1M",
    "email": "user@example.com",
    "idn-email": "user@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uri-reference": "/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "am9ibG9hZA==",
}
_TEMPLATES = {"uuid": "uuid", "date-time": "now"}


class SampleError(ValueError):
    """Why no value could be made, as half a sentence."""


class Sampler:
    """`secrets` collects the environment variables that its values ask for."""

    def __init__(self, document: OpenApi, secrets: dict[str, str]) -> None:
        self._document = document
        self._secrets = secrets
        self._left = _MOST_VALUES

    def body(self, schema: Any) -> Any:
        self._left = _MOST_VALUES
        return self._sample(schema, "", ())

    def parameter(self, schema: Any, name: str) -> Any:
        self._left = _MOST_VALUES
        return self._sample(schema, name, ())

    def example(self, value: Any, name: str = "") -> Any:
        """The author's own, with its secrets taken out."""
        if isinstance(value, dict):
            return {key: self.example(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self.example(each, name) for each in value]
        if isinstance(value, str) and is_secret(name):
            return self._secret(name)
        return literal(value)

    def _sample(self, node: Any, name: str, above: tuple[str | int, ...]) -> Any:
        self._left -= 1
        if self._left < 0:
            raise SampleError(f"its schema asks for more than {_MOST_VALUES:,} values")
        schema = self._merged(node)
        if (found := self._given(schema, name)) is not None:
            return found
        itself = mapping(node).get("$ref", id(node))
        if itself in above or len(above) > _DEEPEST:
            raise SampleError("its schema contains itself without end")
        make = _MAKERS.get(_kind(schema))
        if make is None:
            return None
        return make(self, schema, name, (*above, itself))

    def _given(self, schema: dict[str, Any], name: str) -> Any:
        for value in (schema.get("example"), *listed(schema.get("examples"))[:1]):
            if value is not None:
                return self.example(value, name)
        for value in (schema.get("const"), schema.get("default"), *listed(schema.get("enum"))):
            if value is not None:
                return literal(value)
        return None

    def _merged(self, node: Any) -> dict[str, Any]:
        """One schema in place of allOf, and of the first of anyOf or oneOf that is not null."""
        schema = self._followed(node)
        for _ in range(_DEEPEST):
            parts = [self._followed(each) for each in listed(schema.get("allOf"))]
            choice = self._choice(schema)
            parts += [choice] if choice is not None else []
            if not parts:
                return schema
            rest = {k: v for k, v in schema.items() if k not in ("allOf", "anyOf", "oneOf")}
            schema = _united([*parts, rest])
        raise SampleError("its schema contains itself without end")

    def _choice(self, schema: dict[str, Any]) -> dict[str, Any] | None:
        for key in ("oneOf", "anyOf"):
            for node in listed(schema.get(key)):
                chosen = self._followed(node)
                if chosen.get("type") != "null":
                    return self._named(chosen, node, schema)
        return None

    def _named(self, chosen: dict[str, Any], node: Any, schema: dict[str, Any]) -> dict[str, Any]:
        """The choice says by its discriminator which one it is, if it does not by itself."""
        discriminator = mapping(schema.get("discriminator"))
        key, reference = discriminator.get("propertyName"), mapping(node).get("$ref")
        if not isinstance(key, str) or not isinstance(reference, str):
            return chosen
        own = self._merged(mapping(self._merged(chosen).get("properties")).get(key))
        if {"const", "enum", "default"} & set(own):
            return _united([chosen, {"required": [key]}])
        names = {each: name for name, each in mapping(discriminator.get("mapping")).items()}
        value = names.get(reference, reference.rpartition("/")[2])
        named = {"properties": {key: {"const": value}}, "required": [key]}
        return _united([chosen, named])

    def _followed(self, node: Any) -> dict[str, Any]:
        try:
            return self._document.follow(node)
        except DanglingReferenceError as error:
            raise SampleError(str(error)) from None

    def _object(
        self, schema: dict[str, Any], _: str, above: tuple[str | int, ...]
    ) -> dict[str, Any]:
        properties = mapping(schema.get("properties"))
        required = {key for key in listed(schema.get("required")) if isinstance(key, str)}
        wanted = [key for key in properties if key in required] or list(properties)
        made: dict[str, Any] = {}
        for key in wanted:
            try:
                if self._merged(properties[key]).get("readOnly") is True:
                    continue
                made[key] = self._sample(properties[key], key, above)
            except SampleError:
                if key in required:
                    raise
        for key in sorted(required - set(properties)):
            made[key] = literal(key)
        return {key: value for key, value in made.items() if value is not None}

    def _array(self, schema: dict[str, Any], name: str, above: tuple[str | int, ...]) -> list[Any]:
        at_least = int(_number(schema.get("minItems"), 0))
        if at_least > _MOST_VALUES:
            raise SampleError(f"its schema asks for more than {_MOST_VALUES:,} values")
        entries = [*listed(schema.get("prefixItems"))]
        entries += [schema.get("items", {})] * (max(at_least, 1) - len(entries))
        if _number(schema.get("maxItems"), 1) < 1:
            return []
        try:
            made = [self._sample(each, name, above) for each in entries]
        except SampleError:
            if at_least:
                raise
            return []
        made = [value for value in made if value is not None]
        return _all_different(made) if schema.get("uniqueItems") is True else made

    def _text(self, schema: dict[str, Any], name: str, _: tuple[str | int, ...]) -> str:
        kind = schema.get("format")
        if kind == "password" or is_secret(name):
            return self._secret(name or "password")
        if isinstance(kind, str) and kind in _TEMPLATES and "pattern" not in schema:
            return filled_in(_TEMPLATES[kind])
        shortest = int(_number(schema.get("minLength"), 0))
        longest = int(_number(schema.get("maxLength"), max(shortest, _LONGEST_TEXT)))
        if shortest > _LONGEST_TEXT:
            return filled_in(f"text({shortest})")
        candidates = [_BY_FORMAT.get(str(kind), name or "text"), "text", "a", "1", "A"]
        sized = [_sized(each, shortest, longest) for each in candidates]
        return str(literal(_matching(schema.get("pattern"), sized)))

    def _secret(self, name: str) -> str:
        variable = variable_name(name)
        self._secrets.setdefault(variable, f"the value of {name}")
        return f"${{{variable}}}"

    def _whole(self, schema: dict[str, Any], _: str, __: tuple[str | int, ...]) -> int:
        return int(_within(schema, 1))

    def _fraction(self, schema: dict[str, Any], _: str, __: tuple[str | int, ...]) -> int | float:
        number = _within(schema, 0.5)
        return int(number) if number == int(number) else number

    def _truth(self, *_: object) -> bool:
        return False


_Maker = Callable[[Sampler, dict[str, Any], str, tuple[str | int, ...]], Any]
_MAKERS: dict[str, _Maker] = {
    "object": Sampler._object,
    "array": Sampler._array,
    "string": Sampler._text,
    "integer": Sampler._whole,
    "number": Sampler._fraction,
    "boolean": Sampler._truth,
}


def _kind(schema: dict[str, Any]) -> str:
    declared = schema.get("type")
    kinds = [declared] if isinstance(declared, str) else listed(declared)
    for kind in kinds:
        if kind != "null":
            return str(kind)
    if kinds:
        return "null"
    if {"properties", "required", "additionalProperties"} & set(schema):
        return "object"
    if {"items", "prefixItems"} & set(schema):
        return "array"
    return "number" if {"minimum", "maximum"} & set(schema) else "string"


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


def _number(value: Any, otherwise: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e15 else otherwise


def _within(schema: dict[str, Any], otherwise: float) -> float:
    step = abs(_number(schema.get("multipleOf"), 0)) or (1 if _kind(schema) == "integer" else 0)
    low = _number(schema.get("minimum"), -math.inf)
    if "exclusiveMinimum" in schema:
        low = max(low, _number(schema["exclusiveMinimum"], low) + (step or 0.5))
    high = _number(schema.get("maximum"), math.inf)
    if "exclusiveMaximum" in schema:
        high = min(high, _number(schema["exclusiveMaximum"], high) - (step or 0.5))
    value = min(max(otherwise, low), high)
    if low > high:
        raise SampleError("its schema allows no number at all")
    return math.ceil(value / step) * step if step and value % step else value


def _sized(text: str, shortest: int, longest: int) -> str:
    if len(text) < shortest:
        text = (text * shortest)[:shortest]
    return text[: max(longest, 0)]


def _matching(pattern: Any, candidates: list[str]) -> str:
    if not isinstance(pattern, str):
        return candidates[0]
    try:
        known = re.compile(pattern)
        for text in candidates:
            if known.search(text):
                return text
        return Rstr(Random(0)).xeger(pattern)
    except (re.error, KeyError, OverflowError, RecursionError, MemoryError, ValueError):
        raise SampleError(f"no text could be made for the pattern {pattern!r}") from None


def _all_different(values: list[Any]) -> list[Any]:
    first = values[0] if values else None
    if isinstance(first, bool) or len({repr(value) for value in values}) == len(values):
        return values[:1] if isinstance(first, bool) else values
    if isinstance(first, int):
        return [first + index for index in range(len(values))]
    if isinstance(first, str) and "{{" not in first:
        return [f"{first}{index or ''}" for index in range(len(values))]
    return values
