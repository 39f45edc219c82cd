"""Frames of a run as a test states them, and an operation that was traced in it."""

from __future__ import annotations

from typing import Any

from jobload.live.metrics.frame import (
    Check,
    Exemplar,
    Frame,
    PlaceFigures,
    RequestFigures,
    TracedOperation,
)
from jobload.live.metrics.frame_of_run import OF_ARRIVALS, OF_OPERATIONS
from jobload.measure.histogram import Histogram
from jobload.measure.noted_operation import NotedAttempt, NotedOperation

RUN_ID = "20261122-110500-ab12cd"
BEGAN_UNIX_S = 1_795_000_000.0
TRACE, ROOT = "ab" * 16, "cd" * 8


def frame(**fields: Any) -> Frame:
    """A hundred operations, all good: one took 300 ms, the others 10."""
    times = Histogram()
    times.record(10_000, 99)
    times.record(300_000)
    counts = {f"arrivals_{name}": 0 for name in OF_ARRIVALS}
    counts |= {f"operations_{name}": 0 for name in OF_OPERATIONS}
    counts |= {"arrivals_offered": 100, "operations_started": 100, "operations_succeeded": 100}
    noted = traced_operation().operation
    exemplar = Exemplar(noted.trace, noted.span, noted.response_us, BEGAN_UNIX_S + 1.5)
    requests = {"POST /api/v1/jobs": RequestFigures(100, 0, times)}
    place = PlaceFigures("light", "hold", counts, times, times, times, requests, [exemplar])
    standing: dict[str, Any] = {
        "run_id": RUN_ID,
        "mode": "local",
        "began_unix_s": BEGAN_UNIX_S,
        "state": "running",
        "elapsed_s": 1.0,
        "users": 10,
        "workers": 1,
        "in_flight": 3,
        "cpu_ratio": {"local": 0.25},
        "stage": ("light", "hold"),
        "places": [place],
        "checks": [Check("light", "light/p99", "PASS")],
    }
    return Frame(**{**standing, **fields})


def traced_operation() -> TracedOperation:
    """Its first attempt failed."""
    attempts = (
        NotedAttempt("POST /api/v1/jobs", 500, 90_000, 90_100, "http-503", "11" * 8),
        NotedAttempt("POST /api/v1/jobs", 190_100, 299_900, 300_000, "", "22" * 8),
    )
    operation = NotedOperation(
        "POST /api/v1/jobs",
        1_200_000,
        500,
        300_000,
        0,
        1,
        "",
        "POST /api/v1/jobs",
        attempts,
        0,
        TRACE,
        ROOT,
    )
    return TracedOperation(RUN_ID, BEGAN_UNIX_S, "light", "hold", "local", operation)
