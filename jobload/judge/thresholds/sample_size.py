"""How many samples a percentile needs before it says anything."""

from math import ceil, log

CONFIDENCE = 0.95


def samples_needed(percent: float) -> int:
    """So many that at least one lies above the true percentile, with 95 % confidence."""
    if not 0 < percent < 100:
        raise ValueError(f"a percentile lies between 0 and 100, not at {percent:g}")
    return ceil(log(1 - CONFIDENCE) / log(percent / 100))
