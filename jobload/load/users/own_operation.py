"""Which operation a request belongs to: the one of the greenlet that makes it, or of the greenlet
that started that one while it was at it."""

from __future__ import annotations

from typing import Any, cast

from gevent import getcurrent

from jobload.load.users.failure import Failure
from jobload.measure.stage_record import EndpointRecord, StageRecord

_KEY = "jobload.operation"


class OwnOperation:
    """One run of a task of somebody's own. `failure` is the first that it or a request of it had;
    what comes after its end is no part of it."""

    __slots__ = ("_before", "_greenlet", "failure", "record", "requests", "stage")

    def __init__(self, stage: StageRecord, record: EndpointRecord) -> None:
        self.stage: StageRecord | None = stage
        self.record = record
        self.requests = 0
        self.failure: Failure | None = None
        self._greenlet = cast(Any, getcurrent())
        self._before = getattr(self._greenlet, "spawn_tree_locals", None)
        # gevent hands this very dict to greenlets that are started from now on.
        around = {_KEY: self} if not self._before else {**self._before, _KEY: self}
        self._greenlet.spawn_tree_locals = around

    def count_request(self) -> None:
        """At once: what is reported in the midst of it must add up."""
        self.requests += 1
        self.record.attempts += 1

    def end(self) -> None:
        self._greenlet.spawn_tree_locals = self._before
        self.stage = None


def current_operation() -> OwnOperation | None:
    me: Any = getcurrent()
    around = getattr(me, "spawn_tree_locals", None)
    found: OwnOperation | None = around.get(_KEY) if around else None
    return found if found is not None and found.stage is not None else None
