"""What makes a reply a success, in the form that costs least to ask for each of them."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from jobload.load.http.json_body import parsed
from jobload.plan.expect import Expect


@dataclass(frozen=True, slots=True)
class Success:
    statuses: frozenset[int]
    json_keys: tuple[str, ...]
    """Those the JSON object of the reply must have."""

    @classmethod
    def of(cls, expect: Expect) -> Success:
        return cls(expect.statuses, expect.json_keys)

    def problem(self, body: bytes) -> str | None:
        """What is wrong with a reply for which keys are expected; None: nothing."""
        try:
            reply = parsed(body)
        except orjson.JSONDecodeError:
            return "not JSON"
        if not isinstance(reply, dict):
            return "not a JSON object"
        missing = [key for key in self.json_keys if key not in reply]
        return f"without {', '.join(missing)}" if missing else None
