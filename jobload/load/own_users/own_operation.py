"""Which operation a request belongs to: the one of the greenlet that makes it, or of the greenlet
that started that one while it was at it."""

from __future__ import annotations

from time import perf_counter
from typing import Any, cast

from gevent import getcurrent

from jobload.load.http.kernel_clock import NOT_STAMPED_S
from jobload.load.process.standstills import Standstills
from jobload.load.trace.timeline import Timeline
from jobload.load.trace.trace import Trace
from jobload.load.users.exchange import Flaw
from jobload.measure.stage_record import EndpointRecord, StageRecord

_KEY = "jobload.operation"
MOST_CAUGHT = 100


class CaughtReplies:
    """Those that no `with` block has taken; the last may yet be."""

    __slots__ = ("caught",)

    def __init__(self) -> None:
        self.caught: list[Any] = []

    def catch(self, reply: Any) -> None:
        if self.caught and self.caught[-1]._entered:
            self.caught.pop()
        elif len(self.caught) >= MOST_CAUGHT:
            self.tell_of_caught()
        self.caught.append(reply)

    def tell_of_caught(self) -> None:
        caught, self.caught = self.caught, []
        for reply in caught:
            if not reply._entered:
                reply.__exit__(None, None, None)


class OwnOperation(CaughtReplies):
    """One run of a task of somebody's own. `failure` is the first that it or a request of it had;
    what comes after its end is no part of it."""

    __slots__ = (
        "_before",
        "at_s",
        "failed_step",
        "failure",
        "greenlet",
        "own_s",
        "record",
        "requests",
        "stage",
        "timeline",
        "trace",
    )

    def __init__(self, stage: StageRecord, record: EndpointRecord, trace: Trace | None) -> None:
        super().__init__()
        self.stage: StageRecord | None = stage
        self.record = record
        self.timeline = Timeline()
        self.trace = trace
        self.requests = 0
        self.own_s = 0.0
        """For how long the process stood still before it came to go on with this."""
        self.at_s = perf_counter()
        """How far it has come."""
        self.failure: Flaw | None = None
        self.failed_step: str | None = None
        """Where a request of it failed first."""
        self.greenlet = cast(Any, getcurrent())
        self._before = getattr(self.greenlet, "spawn_tree_locals", None)
        # gevent hands this very dict to greenlets that are started from now on.
        around = {_KEY: self} if not self._before else {**self._before, _KEY: self}
        self.greenlet.spawn_tree_locals = around

    def count_request(self) -> None:
        """At once: what is reported in the midst of it must add up."""
        self.requests += 1
        self.record.attempts += 1

    def came_to(self, at_s: float, standstills: Standstills) -> None:
        """The beginning or the end of a request, or its own end."""
        if at_s > self.at_s:
            self.own_s += standstills.before_s(at_s, self.at_s)
            self.at_s = at_s

    def note_request(
        self, step: str, now_s: float, took_s: float, failure: Flaw | None, span: str
    ) -> None:
        """One that has just ended; when its reply had arrived nobody tells."""
        outcome = "" if failure is None else failure[0]
        self.timeline.add((step, now_s, NOT_STAMPED_S, took_s, outcome, span))
        if failure is not None and self.failure is None:
            self.failure, self.failed_step = failure, step

    def end(self) -> None:
        self.greenlet.spawn_tree_locals = self._before
        self.stage = None


def current_operation() -> OwnOperation | None:
    me: Any = getcurrent()
    around = getattr(me, "spawn_tree_locals", None)
    found: OwnOperation | None = around.get(_KEY) if around else None
    return found if found is not None and found.stage is not None else None
