"""Feeds Locust's own statistics, which its UI, CSV and HTML show and no verdict reads."""

from __future__ import annotations

from time import time
from typing import Any

from locust import stats as locust_stats
from locust.env import Environment

_LOCUSTS_OWN = ("locust.runners", "Runner.__init__.<locals>.on_request")


class LocustFeed:
    """Fires `events.request` when anyone but Locust listens to it.

    When nobody else does, which is the usual case, the same figures are entered without going
    through it: 1.5 instead of 5 µs of each operation (shared/PERFORMANCE.md, "Cost of one call").
    """

    __slots__ = ("_environment", "_handlers", "_known", "_names")

    def __init__(self, environment: Environment) -> None:
        self._environment: Any = environment
        self._handlers: list[Any] = environment.events.request._handlers
        self._known: Any = None
        self._names: dict[str, str] = {}

    def succeeded(self, method: str, label: str, service_ms: float, length: int) -> None:
        handlers = self._handlers
        if len(handlers) != 1 or (handlers[0] is not self._known and not self._is_locusts_own()):
            self._fire(method, label, service_ms, length, None)
            return
        if (name := self._names.get(label)) is None:
            name = self._names[label] = _name(label)
        _log(self._environment.stats, (name, method), service_ms, length)

    def failed(self, method: str, label: str, service_ms: float, length: int, kind: str) -> None:
        self._fire(method, label, service_ms, length, kind)

    def _is_locusts_own(self) -> bool:
        handler = self._handlers[0]
        whose = (getattr(handler, "__module__", ""), getattr(handler, "__qualname__", ""))
        if whose != _LOCUSTS_OWN:
            return False
        self._known = handler
        return True

    def _fire(
        self, method: str, label: str, service_ms: float, length: int, kind: str | None
    ) -> None:
        self._environment.events.request.fire(
            request_type=method,
            name=_name(label),
            response_time=service_ms,
            response_length=length,
            exception=kind,
            context={},
        )


def _name(label: str) -> str:
    return label.partition(" ")[2]


def _log(stats: Any, key: tuple[str, str], ms: Any, length: int) -> None:
    """What `RequestStats.log_request` of Locust 2.47 does, with one look at the clock."""
    now_s = time()
    second = int(now_s)
    bucket = locust_stats.bucket_response_time(ms)
    for entry in (stats.total, stats.entries[key]):
        last_s = entry.last_request_timestamp
        if last_s and second > last_s and entry.use_response_times_cache and second > int(last_s):
            entry._cache_response_times(second - 1)
        entry.num_requests += 1
        entry.num_reqs_per_sec[second] += 1
        entry.last_request_timestamp = now_s
        entry.total_response_time += ms
        least = entry.min_response_time
        if least is None or ms < least:
            entry.min_response_time = ms
        if ms > entry.max_response_time:
            entry.max_response_time = ms
        entry.response_times[bucket] += 1
        entry.total_content_length += length
