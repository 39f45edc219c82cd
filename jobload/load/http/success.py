"""What makes a reply a success, in the form that costs least to ask for each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from jobload.load.flow.filling import Filling
from jobload.load.flow.reply_reading import Expectation, Said
from jobload.load.flow.scope import Scope
from jobload.load.http.json_body import parsed
from jobload.plan.expect import Expect

if TYPE_CHECKING:
    from jobload.load.http.reply import Reply


@dataclass(frozen=True, slots=True)
class Success:
    statuses: frozenset[int]
    looks_inside: bool
    """Whether the status is not all."""
    json_keys: tuple[str, ...]
    """Those the JSON object of the reply must have."""
    rest: Expectation

    @classmethod
    def of(cls, expect: Expect) -> Success:
        rest = Expectation(expect, frozenset(), Filling({}))
        return cls(expect.statuses, not rest.is_plain, expect.json_keys, rest)

    def flaw(self, reply: Reply, shown: Callable[[bytes], str]) -> tuple[str, str] | None:
        """The kind, for counting, and the detail, for people; `shown` is how they see a body."""
        if reply.status not in self.statuses:
            return f"http-{reply.status}", shown(reply.body)
        if self.looks_inside and (problem := self.problem(reply)):
            return "unexpected-reply", f"{problem}: {shown(reply.body)}"
        return None

    def problem(self, reply: Reply) -> str | None:
        """What is wrong with a reply that must be looked into; None: nothing."""
        if self.json_keys and (lack := self._lack(reply.body)) is not None:
            return lack
        return self.rest.unmet(Said(reply), NOBODY)

    def _lack(self, body: bytes) -> str | None:
        try:
            reply = parsed(body)
        except orjson.JSONDecodeError:
            return "not JSON"
        if not isinstance(reply, dict):
            return "not a JSON object"
        missing = [key for key in self.json_keys if key not in reply]
        return f"without {', '.join(missing)}" if missing else None


NOBODY = Scope("", 0, 0, 0)
"""Nothing is filled in where there is one request only."""
