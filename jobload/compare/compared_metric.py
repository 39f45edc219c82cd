"""What is compared between runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Literal

from jobload.compare.bootstrap import Sample, percentile_sample, rate_sample
from jobload.compare.earlier_run import PastStage, merged
from jobload.judge.thresholds.sample_size import samples_needed


@dataclass(frozen=True, slots=True)
class ComparedMetric:
    """`take` gives the figure of one run from its stages; None without data."""

    name: str
    unit: Literal["ms", "/s"]
    take: Callable[[Sequence[PastStage], Random], Sample | None]
    percentile: float | None = None

    @property
    def less_is_better(self) -> bool:
        return self.percentile is not None

    def samples(self, runs: Sequence[Sequence[PastStage]], random: Random) -> list[Sample]:
        """One for each run of a side; none at all when together they hold too little."""
        taken = [self.take(stages, random) for stages in runs]
        known = [sample for sample in taken if sample is not None]
        times = (stage.whole.operations.response_time for stages in runs for stage in stages)
        needed = 0 if self.percentile is None else samples_needed(self.percentile)
        return known if len(known) == len(runs) and sum(t.count for t in times) >= needed else []


def _percentile(percent: float, stages: Sequence[PastStage], random: Random) -> Sample | None:
    whole = merged(stage.whole for stage in stages)
    return percentile_sample(whole.operations.response_time, percent, random)


def _rate(
    of: Callable[[PastStage], tuple[int, Sequence[int]]],
    stages: Sequence[PastStage],
    random: Random,
) -> Sample | None:
    seconds = sum(stage.whole.seconds for stage in stages)
    if seconds <= 0:
        return None
    counts, by_second = zip(*map(of, stages), strict=True)
    return rate_sample(sum(counts) / seconds, by_second, random)


def _ended(stage: PastStage) -> tuple[int, Sequence[int]]:
    arrivals = stage.whole.arrivals
    return arrivals.ended_good + arrivals.ended_bad, stage.ended_by_second


def _good(stage: PastStage) -> tuple[int, Sequence[int]]:
    return stage.whole.arrivals.ended_good, stage.good_by_second


METRICS = (
    ComparedMetric("p50", "ms", partial(_percentile, 50.0), 50.0),
    ComparedMetric("p99", "ms", partial(_percentile, 99.0), 99.0),
    ComparedMetric("throughput", "/s", partial(_rate, _ended)),
    ComparedMetric("goodput", "/s", partial(_rate, _good)),
)
