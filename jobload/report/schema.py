"""The JSON Schema of result.json.

`python -m jobload.report.schema > schemas/result.schema.json` renews the committed file.
"""

from __future__ import annotations

import json
from typing import Any

from jobload.report.model import Result

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def result_schema() -> dict[str, Any]:
    """Fields may be added to `jobload.result/1`; those it has stay as they are."""
    schema = Result.model_json_schema(mode="serialization", by_alias=True)
    return {"$schema": DIALECT, **schema}


if __name__ == "__main__":
    print(json.dumps(result_schema(), indent=2, ensure_ascii=False))
