"""The JSON Schema of thresholds.yaml, for editors.

To renew the committed file:
`python -m jobload.judge.thresholds.threshold_schema > schemas/thresholds.schema.json`
"""

from __future__ import annotations

from typing import Any

from jobload.judge.thresholds.check_entry import CheckEntry, Defaults
from jobload.plan.field_docs import describe_fields
from jobload.plan.scenario_schema import by_name, file_schema, schema_text


def thresholds_schema() -> dict[str, Any]:
    describe_fields()
    checks = {"type": "array", "items": {"$ref": "#/$defs/CheckEntry"}}
    definitions = {
        "CheckEntry": CheckEntry.model_json_schema(),
        "Defaults": Defaults.model_json_schema(),
    }
    properties = {
        "defaults": {
            "$ref": "#/$defs/Defaults",
            "description": "What holds of all scenarios that say nothing of it.",
        },
        "scenarios": {**by_name(checks), "description": "What must hold, for each scenario."},
    }
    return file_schema("jobload thresholds", properties, definitions)


if __name__ == "__main__":
    print(schema_text(thresholds_schema()), end="")
