"""A target that stood still in a closed model: it was asked nothing meanwhile, so a percentile of
operations hardly shows it, however long that lasted."""

from __future__ import annotations

from typing import get_args

from jobload.judge.cause import Diagnosis
from jobload.measure.failed_times import Ending
from jobload.measure.figures import StageFigures
from jobload.measure.histogram import Histogram, merged

SHARE = 1 / 3
TIMES = 10.0
"""A hundredth of the operations that took so much of the users' time, one of them so many times as
long as all others, is a target that stood still. Where there are too few for a hundredth, those
are that took as much of the stage, if half of all were so much quicker."""


def hidden_standstill(stage: StageFigures) -> Diagnosis | None:
    if stage.stage.rate is not None:
        return None
    record, overall = stage.record, stage.overall
    failed = (overall.unsuccessful[ending].lower for ending in get_args(Ending))
    times = merged(overall.response_time_lower, record.unfinished, *failed)
    if (ordinary_us := _ordinary_us(stage, times)) is None:
        return None
    slow = times.where(lambda us: us > ordinary_us)
    share = slow.sum_us / max(1, times.sum_us)
    if share < SHARE:
        return None
    return Diagnosis(
        "target-slow",
        f"target slow: {slow.count:,} of {times.count:,} operations took {share:.0%} of the users'"
        f" time, the longest {times.max_us / 1e3:,.0f} ms; without a rate nothing was asked"
        " meanwhile, so percentiles hardly show it",
        "Look for what the target waits for, and give the scenario a rate.",
    )


def _ordinary_us(stage: StageFigures, times: Histogram) -> float | None:
    """What all but those of a standstill took at most, if there was one."""
    p50_us, p99_us = times.percentile_us(50), times.percentile_us(99)
    if p50_us is None or p99_us is None:
        return None
    if times.max_us >= TIMES * p99_us:
        return p99_us
    long_us = SHARE * stage.duration_s * 1e6
    return long_us if times.max_us > max(long_us, TIMES * p50_us) and p50_us < long_us else None
