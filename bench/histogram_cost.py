"""What one sample costs, the call included. Prints µs of CPU."""

from __future__ import annotations

import random
from time import process_time

from jobload.measure.histogram import Histogram

SAMPLES = 200_000
REPEATS = 7


def cost_us() -> float:
    """The median of several passes over times as a target on loopback has them."""
    draw = random.Random(0).lognormvariate
    values = [int(draw(7.5, 0.7)) for _ in range(SAMPLES)]
    return sorted(_pass_us(values) for _ in range(REPEATS))[REPEATS // 2]


def _pass_us(values: list[int]) -> float:
    record = Histogram().record
    began_s = process_time()
    for value in values:
        record(value)
    return 1e6 * (process_time() - began_s) / len(values)


if __name__ == "__main__":
    print(cost_us())
