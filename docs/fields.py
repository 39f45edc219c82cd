"""A JSON Schema as tables: a heading for each model, a row for each field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]


def fields_of(schema: Schema) -> str:
    return "\n".join(_Reference(schema).lines())


def every_field(schema: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Model, field and what the schema says of it; the file's own first."""
    for model, said in {"": schema, **schema["$defs"]}.items():
        for field, of_field in said.get("properties", {}).items():
            yield model, field, of_field


class _Reference:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        named = re.findall(r"#/\$defs/(\w+)", str(schema["properties"]))
        models = {name: schema["$defs"][name] for name in [*named, *schema["$defs"]]}
        self._models = {name: model for name, model in models.items() if "properties" in model}
        self._shapes = {k: m for k, m in self._models.items() if "shape" in m["properties"]}

    def lines(self) -> Iterator[str]:
        common = self._common()
        yield from ("## The file", "", *self._table(self._schema, self._schema["properties"]))
        if common:
            yield from ("", "## Fields of every scenario", "", *self._table({}, common))
        for name, model in self._models.items():
            fields = model["properties"]
            if name in self._shapes:
                fields = {k: v for k, v in fields.items() if k not in {*common, "shape"}}
            yield from ("", f"## {self._title(name)}", "")
            if "description" in model:
                yield from (_cell(model["description"]), "")
            yield from self._table(model, fields)

    def _common(self) -> dict[str, Schema]:
        """The fields that all shapes have, and alike."""
        first, *others = [model["properties"] for model in self._shapes.values()] or [{}]
        return {k: v for k, v in first.items() if all(other.get(k) == v for other in others)}

    def _table(self, model: Schema, fields: Mapping[str, Schema]) -> Iterator[str]:
        yield "| field | holds | default | meaning |"
        yield "|---|---|---|---|"
        for name, said in fields.items():
            default = "**needed**" if name in model.get("required", ()) else _default(said)
            meaning = _cell(said.get("description", ""))
            yield f"| `{name}` | {self._kind(said)} | {default} | {meaning} |"

    def _title(self, name: str) -> str:
        """CheckEntry as "Check entry"."""
        if name in self._shapes:
            return f"Shape `{self._models[name]['properties']['shape']['const']}`"
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()

    def _link(self, name: str) -> str:
        if name not in self._models:
            return "any JSON"
        title = self._title(name)
        anchor = title.lower().replace("`", "").replace(" ", "-")
        return f"[{title[0].lower()}{title[1:]}](#{anchor})"

    def _kind(self, said: Schema) -> str:
        if "$ref" in said:
            return self._link(said["$ref"].rpartition("/")[2])
        if "const" in said:
            return f"`{_yaml(said['const'])}`"
        if "enum" in said:
            return " or ".join(f"`{_yaml(value)}`" for value in said["enum"] if value != "")
        for key in ("anyOf", "oneOf"):
            if key in said:
                return " or ".join(dict.fromkeys(self._kind(each) for each in said[key]))
        match said.get("type"):
            case "array":
                return f"list of {self._kind(said.get('items', {}))}"
            case "object" if isinstance(said.get("additionalProperties"), dict):
                return f"by name: {self._kind(said['additionalProperties'])}"
            case "object" if "patternProperties" in said:
                (inside,) = said["patternProperties"].values()
                return f"by name: {self._kind(inside)}"
            case kind:
                return _plain_kind(kind, said)


def _plain_kind(kind: str | None, said: Schema) -> str:
    match kind:
        case "string":
            return "duration" if "ms)" in said.get("pattern", "") else "text"
        case "integer":
            return "whole number" + _range(said)
        case "number":
            return "number" + _range(said)
        case "boolean":
            return "`true` or `false`"
        case "object":
            return "by name"
    return "anything"


def _range(said: Schema) -> str:
    low, above, high = (said.get(key) for key in ("minimum", "exclusiveMinimum", "maximum"))
    if low is not None and high is not None:
        return f", {low:,} to {high:,}"
    from_on = "" if low is None else f", {low:,} or more"
    if above is not None:
        from_on = f" above {above:,}"
    return from_on + (f", to {high:,}" if high is not None else "")


def _default(said: Schema) -> str:
    return "" if said.get("default") in (None, [], {}, "") else f"`{_yaml(said['default'])}`"


def _yaml(value: Any) -> str:
    """As one would write it into the file."""
    match value:
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(map(_yaml, value))}]"
        case dict():
            filled = {k: v for k, v in value.items() if v not in ([], {}, None)}
            return f"{{{', '.join(f'{k}: {_yaml(v)}' for k, v in filled.items())}}}"
    return str(value)


def _cell(text: str) -> str:
    """One cell of a table, in which nothing but `code` is markup."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()).replace("|", "\\|"))
    plain = (re.sub(r"([<$*_\[\]])", r"\\\1", part) for part in parts[::2])
    return "".join(x for pair in zip(plain, [*parts[1::2], ""], strict=True) for x in pair)
