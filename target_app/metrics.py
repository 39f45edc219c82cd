"""Counts of all server processes of a target, in memory they share.

Each process writes to a slot of its own and /metrics adds them up, so it does not matter which one
is asked. A process that replaces a killed one goes on in its slot.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from bisect import bisect_left
from time import perf_counter, process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Message, Scope, Send

ROUTES = ("/api/v1/jobs", "/api/v1/jobs/{job_id}", "other")
METHODS = ("GET", "POST", "DELETE", "other")
STATUSES = 600  # index 0: no answer, the connection was dropped
BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)

_PAIRS = len(ROUTES) * len(METHODS)
_BUCKETS = len(BUCKETS_S) + 1
_LATENCIES = _PAIRS * STATUSES
_SUMS = _LATENCIES + _PAIRS * _BUCKETS  # microseconds
_IN_FLIGHT = _SUMS + _PAIRS
_REDIS_ERRORS = _IN_FLIGHT + 1
_CPU = _REDIS_ERRORS + 1  # microseconds
_SLOT = 8192  # numbers of 8 bytes
assert _CPU < _SLOT


def shared_slots(processes: int) -> int:
    """The descriptor of memory for as many processes."""
    with tempfile.TemporaryFile(prefix="jobload-") as file:
        file.truncate(processes * _SLOT * 8)
        return os.dup(file.fileno())


class Metrics:
    def __init__(self, fd: int | None = None, slot: int = 0) -> None:
        memory = mmap.mmap(-1, _SLOT * 8) if fd is None else mmap.mmap(fd, 0)
        self._all = memoryview(memory).cast("Q")
        self._mine = self._all[slot * _SLOT : (slot + 1) * _SLOT]
        self._mine[_IN_FLIGHT] = 0
        self._cpu_before = self._mine[_CPU]
        self._note_cpu()

    def began(self, send: Send) -> Watched:
        self._mine[_IN_FLIGHT] += 1
        return Watched(send)

    def ended(self, scope: Scope, watched: Watched) -> float:
        """How long it took, in seconds."""
        took_s = perf_counter() - watched.began_s
        pair, mine = _pair(scope), self._mine
        mine[_IN_FLIGHT] -= 1
        mine[pair * STATUSES + watched.status] += 1
        mine[_LATENCIES + pair * _BUCKETS + bisect_left(BUCKETS_S, took_s)] += 1
        mine[_SUMS + pair] += int(took_s * 1_000_000)
        self._note_cpu()
        return took_s

    def _note_cpu(self) -> None:
        self._mine[_CPU] = self._cpu_before + int(process_time() * 1_000_000)

    def redis_failed(self) -> None:
        self._mine[_REDIS_ERRORS] += 1

    def text(self, jobs: dict[str, int] | None) -> str:
        """In Prometheus's format; without the jobs when Redis does not tell."""
        return "".join(f"{line}\n" for line in [*self._lines(), *_job_lines(jobs)])

    def _lines(self) -> list[str]:
        requests = ["# TYPE jobload_target_requests_total counter"]
        latencies = ["# TYPE jobload_target_request_seconds histogram"]
        for pair in range(_PAIRS):
            labels = (
                f'route="{ROUTES[pair // len(METHODS)]}",method="{METHODS[pair % len(METHODS)]}"'
            )
            counts = [(status, self._sum(pair * STATUSES + status)) for status in range(STATUSES)]
            requests += [
                f'jobload_target_requests_total{{{labels},status="{status or "dropped"}"}} {count}'
                for status, count in counts
                if count
            ]
            if any(count for _, count in counts):
                latencies += self._histogram(pair, labels)
        return [
            *requests,
            *latencies,
            "# TYPE jobload_target_requests_in_flight gauge",
            f"jobload_target_requests_in_flight {self._sum(_IN_FLIGHT)}",
            "# TYPE jobload_target_redis_errors_total counter",
            f"jobload_target_redis_errors_total {self._sum(_REDIS_ERRORS)}",
            "# TYPE process_cpu_seconds_total counter",
            f"process_cpu_seconds_total {self._sum(_CPU) / 1_000_000}",
        ]

    def _histogram(self, pair: int, labels: str) -> list[str]:
        name, total, lines = "jobload_target_request_seconds", 0, []
        for bucket, bound in enumerate([*BUCKETS_S, "+Inf"]):
            total += self._sum(_LATENCIES + pair * _BUCKETS + bucket)
            lines.append(f'{name}_bucket{{{labels},le="{bound}"}} {total}')
        seconds = self._sum(_SUMS + pair) / 1_000_000
        return [*lines, f"{name}_sum{{{labels}}} {seconds}", f"{name}_count{{{labels}}} {total}"]

    def _sum(self, index: int) -> int:
        return sum(self._all[index::_SLOT])


class Watched:
    """A `send` that remembers the status."""

    __slots__ = ("_send", "began_s", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.began_s = perf_counter()
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def _pair(scope: Scope) -> int:
    path = scope["path"]
    route = 0 if path == ROUTES[0] else 1 if path.startswith("/api/v1/jobs/") else 2
    method = scope["method"]
    return route * len(METHODS) + (METHODS.index(method) if method in METHODS else 3)


def _job_lines(jobs: dict[str, int] | None) -> list[str]:
    if jobs is None:
        return []
    lines = [f'jobload_target_jobs{{status="{status}"}} {count}' for status, count in jobs.items()]
    return ["# TYPE jobload_target_jobs gauge", *lines]
