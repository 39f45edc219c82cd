"""What makes a reply a success, in the form that costs least to ask for each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobload.load.flow.filling import Filling
from jobload.load.flow.reply_reading import Expectation, Said
from jobload.load.flow.scope import Scope
from jobload.plan.expect import Expect

if TYPE_CHECKING:
    from jobload.load.http.reply import Reply


@dataclass(frozen=True, slots=True)
class Success:
    statuses: frozenset[int]
    looks_inside: bool
    """Whether the status is not all."""
    rest: Expectation

    @classmethod
    def of(cls, expect: Expect) -> Success:
        rest = Expectation(expect, frozenset(), Filling({}))
        return cls(expect.statuses, not rest.is_plain, rest)

    def flaw(self, reply: Reply, shown: Callable[[bytes], str]) -> tuple[str, str] | None:
        """The kind, for counting, and the detail, for people; `shown` is how they see a body."""
        if reply.status not in self.statuses:
            return f"http-{reply.status}", shown(reply.readable)
        if self.looks_inside and (wrong := self.rest.unmet(Said(reply), NOBODY)):
            return "unexpected-reply", f"{wrong}: {shown(reply.readable)}"
        return None


NOBODY = Scope("", 0, 0, 0)
"""Nothing is filled in where there is one request only."""
