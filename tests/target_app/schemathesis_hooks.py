"""What the OpenAPI document can't say: a client uses an Idempotency-Key for one body only."""

import re
from typing import Any
from uuid import uuid4

import schemathesis

KEY = "Idempotency-Key"


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    key = (case.headers or {}).get(KEY)
    if isinstance(key, str) and re.fullmatch('[!#-~]{1,255}|"[!#-~]{1,255}"', key):
        case.headers[KEY] = str(uuid4())
