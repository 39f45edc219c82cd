"""The JSON Schema of scenarios.yaml, for editors.

`python -m jobload.plan.scenario_schema > schemas/scenarios.schema.json` renews the committed file.
"""

import json
from typing import Any

from pydantic import TypeAdapter

from jobload.plan.duration import DURATION_PATTERN, format_duration
from jobload.plan.field_docs import describe_fields
from jobload.plan.field_types import NAME
from jobload.plan.observe import Observe
from jobload.plan.scenario import SHAPES, AnyScenario

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAME = f"^{NAME.pattern}$"


def scenarios_schema() -> dict[str, Any]:
    describe_fields()
    any_scenario = TypeAdapter[Any](AnyScenario).json_schema()
    definitions = any_scenario.pop("$defs")
    for shape in SHAPES.values():
        definitions[shape.__name__].setdefault("required", []).insert(0, "shape")
    observe = Observe.model_json_schema()
    definitions |= observe.pop("$defs")
    definitions["Observe"] = observe
    names = {"type": "array", "items": {"type": "string", "pattern": _NAME}, "minItems": 1}
    properties = {
        "defaults": {
            "type": "object",
            "description": "Fields that all scenarios have that do not say otherwise.",
        },
        "scenarios": {
            **by_name({"oneOf": any_scenario["oneOf"]}),
            "minProperties": 1,
            "description": "Named loads. `adhoc` is always there as well.",
        },
        "suites": {**by_name(names), "description": "Scenarios in order, each judged for itself."},
        "ready": {
            "type": "string",
            "pattern": "^/",
            "description": "A path that must answer 2xx or 3xx before any load is sent.",
        },
        "observe": {
            "$ref": "#/$defs/Observe",
            "description": "Figures of the target's own, from a Prometheus, while a run goes on.",
        },
    }
    return file_schema("jobload scenarios", properties, definitions)


def by_name(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": {"pattern": _NAME},
        "additionalProperties": schema,
    }


def file_schema(
    title: str, properties: dict[str, Any], definitions: dict[str, Any]
) -> dict[str, Any]:
    """The schema of a file with these top-level keys, of which only `scenarios` must be there."""
    return {
        "$schema": _DIALECT,
        "title": title,
        "type": "object",
        "properties": _as_written(properties),
        "required": ["scenarios"],
        "additionalProperties": False,
        "$defs": _as_written(definitions),
    }


def _as_written(schema: Any) -> Any:
    """Without null, which a file may not hold, and without pydantic's titles; durations as text."""
    if isinstance(schema, list):
        return [_as_written(each) for each in schema if each != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: _as_written(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and value is None)
    }
    if found.get("pattern") == DURATION_PATTERN and "default" in found:
        found["default"] = format_duration(found["default"])
    alternatives = found.get("anyOf", [])
    if len(alternatives) == 1:
        del found["anyOf"]
        return {**alternatives[0], **found}
    return found


def schema_text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(schema_text(scenarios_schema()), end="")
