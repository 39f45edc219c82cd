"""Counts requests that users of somebody's own make, from Locust's `events.request`.

The time that an event carries is taken as it is. To listen costs 2 µs a request: samples are kept
in lists and go into histograms many at a time.
"""

from __future__ import annotations

from collections import Counter
from time import perf_counter
from typing import TYPE_CHECKING, Any

from locust.env import Environment

from jobload.load.http.http_error import OWN_LACKS
from jobload.load.own_users.failure import failure_of_request, text_of
from jobload.load.own_users.known_names import known_name, showable
from jobload.load.own_users.own_operation import OwnOperation, current_operation
from jobload.load.trace.locust_clients import span_of
from jobload.load.users.exchange import times_of
from jobload.load.users.locust_feed import OWN_CONTEXT
from jobload.load.users.long_wait import note_long_wait
from jobload.measure.duration_counts import Counts
from jobload.measure.stage_record import EndpointRecord, StageRecord

if TYPE_CHECKING:
    from jobload.load.process.agent import Agent

MOST_KEPT = 512
MOST_EARLY = 10_000
MOST_REFUSED = 10
LEAST_US = -1_000
"""A clock that is set back by as much is no mistake of the client."""
BORN_BEFORE_S = 5.0
"""A client may have been at it before there was anyone to listen."""


class StepTimes:
    """Successful requests of one name in one stage on their way into its histogram."""

    __slots__ = ("label", "lower_us", "record", "stage", "us")

    def __init__(self, stage: StageRecord, label: str, record: EndpointRecord) -> None:
        self.stage = stage
        self.label = label
        self.record = record
        self.us: list[int] = []
        self.lower_us: list[int] = []

    def flush(self) -> None:
        if count := len(self.us):
            self.record.response_time.add(Counts.of(Counter(self.us)))
            self.record.response_time_lower.add(Counts.of(Counter(self.lower_us)))
            self.record.succeeded += count
            self.count_ended(count)
            self.us, self.lower_us = [], []

    def count_ended(self, count: int = 1) -> None:
        """How long a reply lay unread nobody knows."""
        self.record.started += count
        self.record.attempts += count
        self.stage.unstamped += count


class RequestEvents:
    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._born_s = perf_counter() - BORN_BEFORE_S
        self._early: list[dict[str, Any]] = []
        self.forget()

    def forget(self) -> None:
        """A run begins. What was told before it belongs to its first stage."""
        self._times: dict[tuple[int, Any, Any], StepTimes] = {}
        self._refused: set[str] = set()

    def listen(self, environment: Environment) -> None:
        """Before all others: one of them may raise StopUser, and the rest hear nothing."""
        environment.events.request._handlers.insert(0, self)

    def __call__(
        self,
        *,
        request_type: Any,
        name: Any,
        response_time: float | None = None,
        exception: object = None,
        context: object = None,
        response: object = None,
        **_: Any,
    ) -> None:
        if context is OWN_CONTEXT:
            return None
        now_s = perf_counter()
        us = None
        if response_time is not None and (us := self._us(response_time, now_s)) is None:
            self._refuse(request_type, name, response_time)
        operation = current_operation()
        if operation is not None:
            stage = operation.stage
            operation.count_request()
            if stage is not None and stage is not self._agent.recorder.current:
                self._agent.recorder.carried(stage)
        else:
            stage = self._agent.recorder.stage_at(now_s - (us or 0) / 1e6)
            if stage is not None:
                stage.outside += 1
        if stage is None:
            return self._keep_early(request_type, name, response_time, exception)
        try:
            times = self._times.get((id(stage), request_type, name))
        except TypeError:  # a list, or whatever else can be no key
            request_type, name = text_of(request_type), text_of(name)
            times = self._times.get((id(stage), request_type, name))
        if times is None:
            times = self._times_of(stage, request_type, name)
        failure = None if exception is None else failure_of_request(exception)
        if operation is not None:
            operation.note_request(times.label, now_s, (us or 0) / 1e6, failure, span_of(response))
        lower_us = 0 if us is None else self._lower_us(us, now_s, operation)
        if operation is not None and us is not None and stage is not self._agent.recorder.current:
            from_s, until_s = now_s - us / 1e6, now_s - (us - lower_us) / 1e6
            in_vain = failure is not None
            note_long_wait(self._agent, times.label, from_s, until_s, in_vain=in_vain)
        if failure is None:
            if us is None:
                times.record.succeeded += 1
                times.record.untimed += 1
                times.count_ended()
                return None
            times.us.append(us)
            times.lower_us.append(lower_us)
            if len(times.us) >= MOST_KEPT:
                times.flush()
            return None
        kind, detail = failure
        times.count_ended()
        times.record.failed += 1
        if us is not None:
            times_of(times.record, kind).add(us, lower_us)
        if kind in OWN_LACKS:
            stage.without_socket += 1
        times.record.errors.add(kind, self._agent.redact(detail))
        return None

    def _us(self, told_ms: Any, now_s: float) -> int | None:
        """None where it is no time: a request began when there was a process to make it."""
        try:
            us = int(told_ms * 1e3)
        except (TypeError, ValueError, OverflowError):
            return None
        return max(0, us) if LEAST_US <= us <= (now_s - self._born_s) * 1e6 else None

    def _refuse(self, request_type: object, name: object, told_ms: object) -> None:
        """Once for each name: that no figure has it must not pass unseen."""
        label = showable(f"{text_of(request_type)} {text_of(name)}")
        if label not in self._refused and len(self._refused) < MOST_REFUSED:
            self._refused.add(label)
            self._agent.report_crash(
                f"{label}: events.request had a response_time of {text_of(told_ms)[:40]}; expected"
                " milliseconds, from 0 to the age of the process"
            )

    def _lower_us(self, us: int, now_s: float, operation: OwnOperation | None) -> int:
        """Of a request that ends now: without what its reply may have lain unread."""
        standstills = self._agent.standstills
        began_s = now_s - us / 1e6
        since_s = began_s if operation is None else min(began_s, operation.at_s)
        if standstills.had_none(since_s, now_s):
            if operation is not None:
                operation.at_s = now_s
            return us
        if operation is not None:
            operation.came_to(began_s, standstills)
            operation.came_to(now_s, standstills)
        return max(0, us - int(standstills.before_s(now_s, began_s) * 1e6))

    def _times_of(self, stage: StageRecord, request_type: Any, name: Any) -> StepTimes:
        """Names that are too many share one entry, and leave none of their own behind."""
        full = showable(f"{text_of(request_type)} {text_of(name)}")
        label = known_name(full, stage.steps)
        key = (id(stage), request_type, name) if label == full else (id(stage), "", label)
        if (times := self._times.get(key)) is None:
            times = self._times[key] = StepTimes(stage, label, stage.step(label))
        return times

    def _keep_early(self, *told: Any) -> None:
        """No stage has begun: it will be counted in the first."""
        if len(self._early) < MOST_EARLY:
            names = ("request_type", "name", "response_time", "exception")
            self._early.append(dict(zip(names, told, strict=True)))

    def flush(self) -> None:
        if self._early and self._agent.recorder.stages:
            early, self._early = self._early, []
            for told in early:
                self(**told)
        for times in self._times.values():
            times.flush()
