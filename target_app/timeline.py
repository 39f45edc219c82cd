"""When a request is served, computed on its arrival: no sleeping one after the other.

Times are seconds since the behaviour was switched on.
"""

import heapq
from collections import deque

from target_app.behaviour import Behaviour, Limit, Queue, Stalls


class Timeline:
    def __init__(self, behaviour: Behaviour) -> None:
        self._latency = behaviour.latency
        self._latencies = behaviour.random("latency")
        self._stalls = behaviour.stalls
        self._line = _Line(behaviour, behaviour.queue) if behaviour.queue else None
        self._bucket = _Bucket(behaviour.limit) if behaviour.limit else None

    def departure(self, arrival_s: float) -> float | None:
        """None when it is refused."""
        latency_s = self._latency.draw_s(self._latencies) if self._latency else 0.0
        if self._bucket and not self._bucket.take(arrival_s):
            return None
        if self._line:
            served_s = self._line.departure(arrival_s)
            return None if served_s is None else elapse(self._stalls, served_s, latency_s)
        return elapse(self._stalls, arrival_s, latency_s)


def elapse(stalls: Stalls | None, from_s: float, duration_s: float) -> float:
    """The moment when `duration_s` has passed, not counting time that stood still."""
    if stalls is None:
        return from_s + duration_s
    first_s = stalls.every_s if stalls.first_s is None else stalls.first_s
    if from_s < first_s:
        next_s = first_s
    else:
        begun_s = first_s + (from_s - first_s) // stalls.every_s * stalls.every_s
        from_s = max(from_s, begun_s + stalls.for_s)
        next_s = begun_s + stalls.every_s
    while from_s + duration_s > next_s:
        duration_s -= next_s - from_s
        from_s = next_s + stalls.for_s
        next_s += stalls.every_s
    return from_s + duration_s


class _Line:
    """Several servers, one queue, in order of arrival (Lindley's recursion)."""

    def __init__(self, behaviour: Behaviour, queue: Queue) -> None:
        self._queue = queue
        self._stalls = behaviour.stalls
        self._services = behaviour.random("service")
        self._free_s = [0.0] * queue.servers
        self._starts_s: deque[float] = deque()

    def departure(self, arrival_s: float) -> float | None:
        service_s = self._queue.service.draw_s(self._services)
        while self._starts_s and self._starts_s[0] <= arrival_s:
            self._starts_s.popleft()
        start_s = max(arrival_s, self._free_s[0])
        if self._is_full(start_s > arrival_s):
            return None
        served_s = elapse(self._stalls, start_s, service_s)
        heapq.heapreplace(self._free_s, served_s)
        self._starts_s.append(start_s)
        return served_s

    def _is_full(self, must_wait: bool) -> bool:
        most = self._queue.max_waiting
        return most is not None and must_wait and len(self._starts_s) >= most


class _Bucket:
    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._tokens = float(limit.burst)
        self._at_s = 0.0

    def take(self, at_s: float) -> bool:
        gained = (at_s - self._at_s) * self._limit.per_s
        self._tokens = min(self._limit.burst, self._tokens + gained)
        self._at_s = at_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
