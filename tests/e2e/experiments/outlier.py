"""V2: one outlier among ten thousand samples, and histograms that are merged."""

import random

from made_histogram import histogram

from e2e.claims import Claims
from e2e.experiments.experiment import Setting
from jobload.measure.histogram import Histogram


def outlier(_: Setting, claims: Claims) -> None:
    samples_us = [1_000] * 10_000 + [100_000_000]
    whole = histogram(*samples_us)
    claims.equal("n", whole.count, 10_001)
    claims.equal("p99.99", f"{whole.percentile_us(99.99)} µs", "1000 µs")
    claims.equal("max", f"{whole.max_us} µs", "100000000 µs")
    random.Random(2).shuffle(samples_us)
    for parts in (2, 3, 7):
        merged = Histogram()
        for part in range(parts):
            merged.merge(histogram(*samples_us[part::parts]))
        claims.equal(f"{parts} parts merged are the whole, bit for bit", merged == whole, True)
