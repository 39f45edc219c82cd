"""How close the starts of operations are to their plan. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from bench.load import Evenness

BIN_S = 0.1


def evenness(starts: Sequence[float], rate: float, from_s: float, until_s: float) -> Evenness:
    """`starts`: intended, real, and so on. Only whole bins between the two times count."""
    bins = max(1, int((until_s - from_s) / BIN_S))
    counts = [0] * bins
    late_ms: list[float] = []
    for intended_s, started_s in zip(starts[::2], starts[1::2], strict=True):
        bin_ = int((started_s - from_s) / BIN_S)
        if started_s >= from_s and bin_ < bins:
            counts[bin_] += 1
            late_ms.append(1e3 * (started_s - intended_s))
    late_ms.sort()
    planned = rate * BIN_S
    return Evenness(
        rate_error_percent=100 * (sum(counts) / (planned * bins) - 1),
        deviation=sqrt(sum((n - planned) ** 2 for n in counts) / bins),
        lateness_p50_ms=_nearest_rank(late_ms, 0.5),
        lateness_p99_ms=_nearest_rank(late_ms, 0.99),
        lateness_max_ms=late_ms[-1] if late_ms else 0.0,
    )


def _nearest_rank(rising: Sequence[float], share: float) -> float:
    return rising[min(len(rising) - 1, int(share * len(rising)))] if rising else 0.0
