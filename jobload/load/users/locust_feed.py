"""Feeds Locust's own statistics, which its UI, CSV and HTML show and no verdict reads."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from time import perf_counter, time
from typing import Any

from locust import log
from locust import stats as locust_stats
from locust.env import Environment

logger = logging.getLogger("jobload")

BATCH = 256
MOST_KNOWN = 20_000
NEVER = float("inf")
OWN_CONTEXT: dict[str, object] = {}
"""This very object goes with the events that are fired here: they are counted already."""
_LOCUSTS_OWN = ("locust.runners", "Runner.__init__.<locals>.on_request")


class Batch:
    """Successes of one of Locust's entries, in the order in which they ended."""

    __slots__ = ("ended_s", "key", "length", "ms")

    def __init__(self, key: tuple[str, str]) -> None:
        self.key = key
        self._empty()

    def _empty(self) -> None:
        self.ms: list[float] = []
        self.ended_s: list[float] = []
        self.length = 0

    def take_until(self, end_s: float) -> Batch:
        """Takes out those that ended before `end_s`; the first have the length of the whole batch,
        which Locust only adds up."""
        taken = Batch(self.key)
        if count := bisect_left(self.ended_s, end_s):
            taken.ms, taken.ended_s = self.ms[:count], self.ended_s[:count]
            self.ms, self.ended_s = self.ms[count:], self.ended_s[count:]
            taken.length, self.length = self.length, 0
        return taken


class LocustFeed:
    """Fires `events.request` when anyone but Locust listens to it. One for each process.

    When nobody else does, which is the usual case, the same figures are entered without going
    through it, many at a time: 0.6 instead of 5 µs of each operation. `flush` enters what is left.
    """

    __slots__ = ("_batches", "_environment", "_known", "handlers")

    def __init__(self, environment: Environment) -> None:
        self._environment: Any = environment
        self.handlers: list[Any] = environment.events.request._handlers
        self._known: Any = None
        self._batches: dict[tuple[str, str], Batch] = {}

    @property
    def is_heard(self) -> bool:
        """Whether anyone but Locust listens, so that its event must be fired for each request."""
        handlers = self.handlers
        return len(handlers) != 1 or (handlers[0] is not self._known and not self._is_locusts_own())

    def succeeded(
        self,
        method: str,
        label: str,
        ms: list[float],
        lengths: Sequence[int],
        ended_s: Sequence[float],
    ) -> None:
        """Several, in the order in which they ended; `ended_s` as `perf_counter` has it."""
        if self.is_heard:
            for service_ms, length in zip(ms, lengths, strict=True):
                self._fire(method, label, service_ms, length, None)
            return
        if (batch := self._batches.get((method, label))) is None:
            batch = self._batches[method, label] = self._begun(method, label)
        elif batch.ended_s and ended_s[0] < batch.ended_s[-1]:
            self.flush()
        batch.ms += ms
        batch.ended_s += ended_s
        batch.length += sum(lengths)
        if len(batch.ms) >= BATCH:
            self.flush()

    def _begun(self, method: str, label: str) -> Batch:
        batch = Batch((_name(method, label), method))
        self._environment.stats.entries[batch.key]  # Locust notes when an entry begins
        return batch

    def failed(self, method: str, label: str, service_ms: float, length: int, kind: str) -> None:
        self._fire(method, label, service_ms, length, kind)

    def flush(self) -> None:
        batches = [batch for batch in self._batches.values() if batch.ms]
        if not batches:
            return
        since_s = time() - perf_counter()
        first = int(min(batch.ended_s[0] for batch in batches) + since_s)
        last = int(max(batch.ended_s[-1] for batch in batches) + since_s)
        try:
            for second in range(first, last + 1):
                for batch in batches:
                    taken = batch.take_until(second + 1 - since_s if second < last else NEVER)
                    if taken.ms:
                        _enter(self._environment.stats, taken, second, since_s)
        except Exception:
            # As Locust does it with a listener that raises; the bucketing may be the user's own.
            logger.exception("Locust's statistics could not be kept")
            log.unhandled_greenlet_exception = True

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
        self.flush()
        self._environment.events.request.fire(
            request_type=method,
            name=_name(method, label),
            response_time=service_ms,
            response_length=length,
            exception=kind,
            context=OWN_CONTEXT,
        )


class _Buckets(dict[float, float]):
    """Of times that were asked for before: they are whole microseconds, and most come again."""

    def __init__(self, bucket: Callable[[float], float]) -> None:
        self._bucket = bucket

    def __missing__(self, ms: float) -> float:
        if len(self) >= MOST_KNOWN:
            self.clear()
        found = self[ms] = self._bucket(ms)
        return found


@cache
def _buckets_by(bucket: Callable[[float], float]) -> _Buckets:
    return _Buckets(bucket)


def _name(method: str, label: str) -> str:
    """Locust shows the method in a column of its own."""
    return label.removeprefix(f"{method} ")


def _enter(stats: Any, batch: Batch, second: int, since_s: float) -> None:
    """What `RequestStats.log_request` of Locust 2.47 does, for many that ended in one second."""
    ms, count, total_ms = batch.ms, len(batch.ms), sum(batch.ms)
    least, most, ended_s = min(ms), max(ms), batch.ended_s[-1] + since_s
    buckets = Counter(map(_buckets_by(locust_stats.bucket_response_time).__getitem__, ms)).items()
    for entry in (stats.total, stats.entries[batch.key]):
        last_s = entry.last_request_timestamp
        if last_s and entry.use_response_times_cache and second > int(last_s):
            entry._cache_response_times(second - 1)
        entry.num_requests += count
        entry.num_reqs_per_sec[second] += count
        entry.last_request_timestamp = max(last_s or 0.0, ended_s)
        entry.total_response_time += total_ms
        if entry.min_response_time is None or least < entry.min_response_time:
            entry.min_response_time = least
        if most > entry.max_response_time:
            entry.max_response_time = most
        for bucket, n in buckets:
            entry.response_times[bucket] += n
        entry.total_content_length += batch.length
