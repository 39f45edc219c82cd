"""Makes one value that a JSON schema allows, the plainest there is, the same each time.

The document's own examples come first; what must differ each time becomes a template.
"""

from __future__ import annotations

from typing import Any

from jobload.init.loose_data import listed, mapping
from jobload.init.openapi.merged_schema import merged
from jobload.init.openapi.openapi_document import CannotSendError, OpenApi
from jobload.init.openapi.plain_value import (
    LONGEST_TEXT,
    all_different,
    kind_of_schema,
    number_in,
    plain_number,
    plain_text,
)
from jobload.init.template_text import filled_in, literal
from jobload.init.value_name import variable_name
from jobload.plan.secret_name import is_secret

_DEEPEST = 24
_MOST_VALUES = 2_000
_TEMPLATES = {"uuid": "uuid", "date-time": "now"}


class Sampler:
    """`secrets` collects the environment variables that its values ask for."""

    def __init__(self, document: OpenApi, secrets: dict[str, str]) -> None:
        self._document = document
        self._secrets = secrets
        self._left = _MOST_VALUES

    def sample(self, schema: Any, name: str = "") -> Any:
        """CannotSendError when there is none."""
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
            raise CannotSendError(f"its schema asks for more than {_MOST_VALUES:,} values")
        schema = merged(self._document, node)
        if (found := self._given(schema, name)) is not None:
            return found
        itself = mapping(node).get("$ref", id(node))
        if itself in above or len(above) > _DEEPEST:
            raise CannotSendError("its schema contains itself without end")
        match kind_of_schema(schema):
            case "object":
                return self._object(schema, (*above, itself))
            case "array":
                return self._array(schema, name, (*above, itself))
            case "string":
                return self._text(schema, name)
            case "integer":
                return int(plain_number(schema, 1))
            case "number":
                number = plain_number(schema, 0.5)
                return int(number) if number == int(number) else number
            case "boolean":
                return False
        return None

    def _given(self, schema: dict[str, Any], name: str) -> Any:
        for value in (schema.get("example"), *listed(schema.get("examples"))[:1]):
            if value is not None:
                return self.example(value, name)
        for value in (schema.get("const"), schema.get("default"), *listed(schema.get("enum"))):
            if value is not None:
                return literal(value)
        return None

    def _object(self, schema: dict[str, Any], above: tuple[str | int, ...]) -> dict[str, Any]:
        properties = mapping(schema.get("properties"))
        required = {key for key in listed(schema.get("required")) if isinstance(key, str)}
        wanted = [key for key in properties if key in required] or list(properties)
        made: dict[str, Any] = {}
        for key in wanted:
            try:
                if merged(self._document, properties[key]).get("readOnly") is True:
                    continue
                made[key] = self._sample(properties[key], key, above)
            except CannotSendError:
                if key in required:
                    raise
        for key in sorted(required - set(properties)):
            made[key] = literal(key)
        return {key: value for key, value in made.items() if value is not None}

    def _array(self, schema: dict[str, Any], name: str, above: tuple[str | int, ...]) -> list[Any]:
        at_least = int(number_in(schema.get("minItems"), 0))
        if at_least > _MOST_VALUES:
            raise CannotSendError(f"its schema asks for more than {_MOST_VALUES:,} values")
        entries = [*listed(schema.get("prefixItems"))]
        entries += [schema.get("items", {})] * (max(at_least, 1) - len(entries))
        if number_in(schema.get("maxItems"), 1) < 1:
            return []
        try:
            made = [self._sample(each, name, above) for each in entries]
        except CannotSendError:
            if at_least:
                raise
            return []
        made = [value for value in made if value is not None]
        return all_different(made) if schema.get("uniqueItems") is True else made

    def _text(self, schema: dict[str, Any], name: str) -> str:
        kind = schema.get("format")
        if kind == "password" or is_secret(name):
            return self._secret(name or "password")
        if isinstance(kind, str) and kind in _TEMPLATES and "pattern" not in schema:
            return filled_in(_TEMPLATES[kind])
        shortest = int(number_in(schema.get("minLength"), 0))
        if shortest > LONGEST_TEXT:
            return filled_in(f"text({shortest})")
        return str(literal(plain_text(schema, name or "text")))

    def _secret(self, name: str) -> str:
        variable = variable_name(name)
        self._secrets.setdefault(variable, f"the value of {name}")
        return f"${{{variable}}}"
