"""Does the target get slower the longer it runs?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from jobload.judge.answers.theil_sen import FEWEST_POINTS, theil_sen
from jobload.judge.stretches.windows import first_second, last_second
from jobload.judge.thresholds.sample_size import samples_needed
from jobload.measure.figures import ScenarioFigures, StageFigures
from jobload.measure.histogram import Histogram

BLOCKS = 30
SHORTEST_BLOCK_S = 2.0
INDICATIVE_BELOW_S = 600.0
BUDGET_PERCENT = 20.0
"""The growth that is flagged when no check states a budget."""
NO_DRIFT = "too few samples to see a trend: give the stage more time or a higher rate"


@dataclass(frozen=True, slots=True)
class Drift:
    """Of one percentile of the response time over a stage; growth is that over the whole stage.

    `growth_percent` is the Theil–Sen line's, relative to the median of the first third.
    """

    stage: str
    percentile: float
    blocks: int
    block_s: float
    growth_percent: float
    low_percent: float
    high_percent: float
    last_third_is_worse: bool
    indicative: bool
    lower: Drift | None = None
    """That of the lower figures, without the generator's own delay."""

    @property
    def is_real(self) -> bool:
        return self.low_percent > 0 and self.last_third_is_worse

    def exceeds(self, budget_percent: float = BUDGET_PERCENT) -> bool:
        return self.is_real and self.growth_percent > budget_percent

    @property
    def text(self) -> str:
        sure = "" if self.is_real else ", which may be chance"
        short = ", indicative: under ten minutes" if self.indicative else ""
        return (
            f"p{self.percentile:g} grew by {self.growth_percent:+.1f} %"
            f" [{self.low_percent:+.1f}, {self.high_percent:+.1f}] over {self.stage}{sure}{short}"
        )


def drift(scenario: ScenarioFigures) -> Drift | None:
    """Of an endurance scenario's longest judged stage; None when there is too little to tell."""
    stages = scenario.judged_stages
    if scenario.scenario.asks != "drift" or not stages:
        return None
    stage = max(stages, key=lambda stage: stage.duration_s)
    block_s = max(SHORTEST_BLOCK_S, stage.duration_s / BLOCKS)
    edges = _edges(stage, block_s)
    blocks = [
        ((first + end) / 2, stage.window(first, end - first).overall())
        for first, end in pairwise(edges)
    ]
    for percentile in (95.0, 50.0):
        points = _points(percentile, ((at, block.response_time) for at, block in blocks))
        if len(points) < max(FEWEST_POINTS, len(edges) / 2):
            continue
        lower = _points(percentile, ((at, block.response_time_lower) for at, block in blocks))
        found = _drift(stage, percentile, block_s, points)
        return found and replace(found, lower=_drift(stage, percentile, block_s, lower))
    return None


def _edges(stage: StageFigures, block_s: float) -> list[int]:
    first, last = first_second(stage), last_second(stage)
    count = int((last - first) / block_s)
    return [first + round(index * block_s) for index in range(count + 1)]


def _points(
    percentile: float, blocks: Iterable[tuple[float, Histogram]]
) -> list[tuple[float, float]]:
    """(middle of the block, percentile), of the blocks with enough samples."""
    points = []
    for at_s, times in blocks:
        value_us = times.percentile_us(percentile)
        if value_us is not None and times.count >= samples_needed(percentile):
            points.append((at_s, value_us))
    return points


def _drift(
    stage: StageFigures, percentile: float, block_s: float, points: list[tuple[float, float]]
) -> Drift | None:
    times, values = zip(*points, strict=True)
    line = theil_sen(times, values)
    if line is None:
        return None
    third = len(values) // 3
    level_us = median(values[:third])
    to_percent = 100 * stage.duration_s / max(1.0, level_us)
    return Drift(
        stage=stage.name,
        percentile=percentile,
        blocks=len(points),
        block_s=block_s,
        growth_percent=line.slope * to_percent,
        low_percent=line.low * to_percent,
        high_percent=line.high * to_percent,
        last_third_is_worse=median(values[-third:]) > median(values[:third]),
        indicative=stage.duration_s < INDICATIVE_BELOW_S,
    )
