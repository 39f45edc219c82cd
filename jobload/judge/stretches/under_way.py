"""How many operations may be under way, of a target that takes as long as when the stage began.

Of each second before, it is known how many came in it, and of the times at the beginning, what
share takes longer than since then. More than those, and than chance makes of them, are a queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import fmean

from jobload.judge.stretches.excused import answered_s, usual_s
from jobload.judge.stretches.windows import first_second, last_second
from jobload.judge.thresholds.check_spec import WINDOW_S
from jobload.measure.figures import StageFigures
from jobload.measure.histogram import merged
from jobload.measure.stage_record import StageRecord

CHANCE = 3.0
"""Standard deviations."""
PERCENTS = [float(percent) for percent in range(1, 100, 2)]
"""Fifty stand for all times, however many there are."""


@dataclass(frozen=True, slots=True)
class Usual:
    """How long operations took when the stage began: `times_s`, each as likely, known from
    `samples`, and their mean."""

    mean_s: float
    times_s: tuple[float, ...]
    samples: int

    def share_that_takes(self, from_s: float, until_s: float) -> float:
        """Of those that came at any time between so long ago, how many are still under way."""
        took_s = self._longer_than(from_s) - self._longer_than(until_s)
        return min(1.0, max(0.0, took_s / (until_s - from_s)))

    def _longer_than(self, after_s: float) -> float:
        """By how much, on average of all."""
        return sum(t - after_s for t in self.times_s if t > after_s) / len(self.times_s)

    @property
    def spread(self) -> float:
        """Their variance, as a share of the square of their mean."""
        mean_s = max(1e-6, fmean(self.times_s))
        return fmean((t - mean_s) ** 2 for t in self.times_s) / mean_s**2


def usual(stage: StageFigures) -> Usual:
    """What it never answers is no part of that, nor is a job that is followed, which keeps a user
    too, nor the wait for a free one, which is a queue. What had not ended by then makes them longer
    than those that had."""
    first = _first_to_end(stage)
    overall = first.overall()
    mean_s = min(usual_s(first, overall), answered_s(stage.record, stage.overall))
    if first.completion.followed:
        mean_s = min(mean_s, answered_s(first, overall))
    failed = overall.unsuccessful["failed"]
    times = merged(overall.response_time, failed.upper)
    if first.waiting or first.missed:
        times = merged(overall.with_service_time().service_time, failed.service)
    seen = [us or 0.0 for us in times.percentiles_us(PERCENTS)]
    times_s = [us / 1e6 * max(1.0, mean_s * 1e6 / max(1.0, fmean(seen))) for us in seen]
    return Usual(mean_s, tuple(times_s if times.counts else [mean_s]), max(1, times.count))


def _first_to_end(stage: StageFigures) -> StageRecord:
    """Where a stage begins behind those of the one before, its own end later only; all of it would
    tell of the queue that has grown meanwhile. So would the first seconds of a short one, of which
    half is enough, unless so many, but one, are under way then that only the quick have ended."""
    first_s, block_s = first_second(stage), stage.series.block_s(stage.key)
    if block_s <= (half_s := int(stage.stage.duration_s / 2)) < WINDOW_S:
        half = stage.window(first_s, half_s)
        if 0 < half.overall().finished >= 2 * (half.unfinished.count - 1):
            return half
    length_s = max(WINDOW_S, block_s)
    for from_s in range(first_s, last_second(stage), length_s):
        begin = stage.window(from_s, length_s)
        if begin.overall().finished:
            return begin
    return stage.record


def most_under_way(stage: StageFigures, usual: Usual, at_s: float) -> float:
    """At a second of the run, of the arrivals of the stage: one, however seldom they come, more
    than what is to be expected and what chance adds to it."""
    expected = variance = 0.0
    second, longest_s = -(-at_s // 1) - 1, max(usual.times_s)
    while second >= int(stage.started_s) and at_s - second - 1 < longest_s:
        from_s, until_s = max(0.0, at_s - second - 1), at_s - max(second, stage.started_s)
        if until_s > from_s and (offered := stage.offered_in(int(second))):
            share = usual.share_that_takes(from_s, until_s)
            expected += offered * share
            variance += offered * share * (1 - share)
        second -= 1
    variance += expected**2 * usual.spread / usual.samples
    return 1 + expected + CHANCE * sqrt(variance)
