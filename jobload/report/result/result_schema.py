"""The JSON Schema of result.json.

To renew the committed file:
`python -m jobload.report.result.result_schema > schemas/result.schema.json`
"""

from __future__ import annotations

import json
from typing import Any

from jobload.report.result.model import Result

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def result_schema() -> dict[str, Any]:
    """Fields may be added to `jobload.result/1`; those it has stay as they are."""
    schema = Result.model_json_schema(mode="serialization", by_alias=True)
    return {"$schema": DIALECT, **schema}


if __name__ == "__main__":
    print(json.dumps(result_schema(), indent=2, ensure_ascii=False))
