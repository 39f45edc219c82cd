"""What one sample costs, the call included. Prints µs of CPU."""

from __future__ import annotations

import random
from time import process_time

from jobload.measure.histogram import Histogram

SAMPLES = 100_000
REPEATS = 25


def cost_us() -> float:
    """Of times as a target on loopback has them; the fastest pass, because what makes others slower
    is the machine."""
    draw = random.Random(0).lognormvariate
    values = [int(draw(7.5, 0.7)) for _ in range(SAMPLES)]
    return min(_pass_us(values) for _ in range(REPEATS))


def _pass_us(values: list[int]) -> float:
    record = Histogram().record
    began_s = process_time()
    for value in values:
        record(value)
    return 1e6 * (process_time() - began_s) / len(values)


if __name__ == "__main__":
    print(cost_us())
