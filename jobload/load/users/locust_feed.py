"""Feeds Locust's own statistics, which its UI, CSV and HTML show and no verdict reads."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from time import perf_counter, time
from typing import Any

from locust import log
from locust import stats as locust_stats
from locust.env import Environment

logger = logging.getLogger("jobload")

MOST_KNOWN = 20_000
OWN_CONTEXT: dict[str, object] = {}
"""This very object goes with the events that are fired here: they are counted already."""
_LOCUSTS_OWN = ("locust.runners", "Runner.__init__.<locals>.on_request")


class LocustFeed:
    """Fires `events.request` when anyone but Locust listens to it. One for each process.

    When nobody else does, which is the usual case, the same figures are entered without going
    through it, many at a time: it would take 5 µs of each operation.
    """

    __slots__ = ("_environment", "_known", "handlers")

    def __init__(self, environment: Environment) -> None:
        self._environment: Any = environment
        self.handlers: list[Any] = environment.events.request._handlers
        self._known: Any = None

    @property
    def is_heard(self) -> bool:
        """Whether anyone but Locust listens, so that its event must be fired for each request."""
        handlers = self.handlers
        return len(handlers) != 1 or (handlers[0] is not self._known and not self._is_locusts_own())

    def begin(self, method: str, label: str) -> None:
        """Locust notes when an entry begins."""
        self._environment.stats.entries[_name(method, label), method]

    def succeeded(
        self, method: str, label: str, us: dict[int, int], length: int, ended_s: float
    ) -> None:
        """Several that ended in one second, the last of them at `ended_s` as `perf_counter` has it:
        how many took how many µs, and the bytes of all their replies."""
        if self.is_heard:
            for each, n in us.items():
                for _ in range(n):
                    self._fire(method, label, each / 1e3, length, None)
                    length = 0
            return
        try:
            _enter(
                self._environment.stats,
                (_name(method, label), method),
                us,
                length,
                ended_s + time() - perf_counter(),
            )
        except Exception:
            # As Locust does it with a listener that raises; the bucketing may be the user's own.
            logger.exception("Locust's statistics could not be kept")
            log.unhandled_greenlet_exception = True

    def failed(self, method: str, label: str, service_ms: float, length: int, kind: str) -> None:
        self._fire(method, label, service_ms, length, kind)

    def _is_locusts_own(self) -> bool:
        handler = self.handlers[0]
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
            name=_name(method, label),
            response_time=service_ms,
            response_length=length,
            exception=kind,
            context=OWN_CONTEXT,
        )


class _Buckets(dict[int, float]):
    """By microseconds, of times that were asked for before: most come again."""

    def __init__(self, bucket: Callable[[float], float]) -> None:
        self._bucket = bucket

    def __missing__(self, us: int) -> float:
        if len(self) >= MOST_KNOWN:
            self.clear()
        found = self[us] = self._bucket(us / 1e3)
        return found


@cache
def _buckets_by(bucket: Callable[[float], float]) -> _Buckets:
    return _Buckets(bucket)


def _name(method: str, label: str) -> str:
    """Locust shows the method in a column of its own."""
    return label.removeprefix(f"{method} ")


def _enter(
    stats: Any, key: tuple[str, str], us: dict[int, int], length: int, ended_s: float
) -> None:
    """What `RequestStats.log_request` of Locust 2.47 does, for many that ended in one second."""
    buckets = _buckets_by(locust_stats.bucket_response_time)
    by_bucket: dict[float, int] = {}
    count, total_us, second = 0, 0, int(ended_s)
    for each, n in us.items():
        count += n
        total_us += each * n
        bucket = buckets[each]
        by_bucket[bucket] = by_bucket.get(bucket, 0) + n
    least, most = min(us) / 1e3, max(us) / 1e3
    for entry in (stats.total, stats.entries[key]):
        last_s = entry.last_request_timestamp
        if last_s and entry.use_response_times_cache and second > int(last_s):
            entry._cache_response_times(second - 1)
        entry.num_requests += count
        entry.num_reqs_per_sec[second] += count
        entry.last_request_timestamp = max(last_s or 0.0, ended_s)
        entry.total_response_time += total_us / 1e3
        if entry.min_response_time is None or least < entry.min_response_time:
            entry.min_response_time = least
        if most > entry.max_response_time:
            entry.max_response_time = most
        for bucket, n in by_bucket.items():
            entry.response_times[bucket] += n
        entry.total_content_length += length
