"""What five million samples cost in memory that fifty thousand do not: nothing. Prints MB."""

from __future__ import annotations

import gc
import random
from pathlib import Path

from jobload.measure.recorder import Recorder

FEW, MANY = 50_000, 5_000_000
MEDIAN_LOG_US, SPREAD = 8.5, 1.5
"""About 5 ms, from microseconds to many seconds: more buckets than a real target fills."""


def rss_mb() -> float:
    gc.collect()
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def growth_mb(few: int = FEW, many: int = MANY) -> float:
    recorder = Recorder()
    endpoint = recorder.enter((0, 0)).endpoint("POST /api/v1/jobs")
    draw = random.Random(0).lognormvariate
    before = 0.0
    for number in range(1, many + 1):
        us = int(draw(MEDIAN_LOG_US, SPREAD))
        endpoint.started += 1
        endpoint.succeeded += 1
        endpoint.response_time.record(us)
        endpoint.service_time.record(us)
        recorder.ended(good=True)
        if number == few:
            before = rss_mb()
    return rss_mb() - before


if __name__ == "__main__":
    print(growth_mb())
