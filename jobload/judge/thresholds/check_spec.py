"""One line of thresholds.yaml, understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from jobload.judge.thresholds.limit import COMPARE, Comparator
from jobload.judge.thresholds.metric import WHOLE_SCENARIO, Metric, Unit, parse_metric
from jobload.judge.thresholds.sample_size import samples_needed
from jobload.plan.stage import Stage

Level = Literal["fail", "warn"]
Abort = Literal["scenario", "run", False]
WINDOW_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """Either absolute (`comparator` and `limit`) or relative to a baseline (the last three)."""

    id: str
    """Stays the same as long as what is checked does, such as "light/hold/throughput"."""
    scenario: str
    metric: str
    stage: str | None = None
    """None: all judged stages merged."""
    endpoint: str | None = None
    expect: str
    """What must hold, as written."""
    comparator: Comparator | None = None
    limit: float | None = None
    unit: Unit = ""
    """Of `limit` and `min_delta`: times are in ms, rates per second, shares in percent."""
    level: Level = "fail"
    for_s: float | None = None
    grace_s: float = 0.0
    abort: Abort = False
    within_percent: float | None = None
    window_s: int = WINDOW_S
    max_increase_percent: float | None = None
    max_decrease_percent: float | None = None
    min_delta: float | None = None
    implied: bool = False
    """Not in the file: the error-rate check of a scenario that has none of its own."""

    @property
    def kind(self) -> Metric:
        return parse_metric(self.metric)

    @property
    def is_relative(self) -> bool:
        return self.limit is None

    @property
    def is_of_a_stage(self) -> bool:
        """Whether one stage by itself can breach it."""
        return not self.is_relative and self.kind.statistic not in WHOLE_SCENARIO

    def is_about(self, stage: Stage) -> bool:
        return stage.judged if self.stage is None else stage.name == self.stage

    @property
    def is_upper_limit(self) -> bool:
        return self.comparator in ("<=", "<")

    @property
    def is_windowed(self) -> bool:
        return self.for_s is not None or self.within_percent is not None or self.abort is not False

    @property
    def min_samples(self) -> int:
        """Fewer say nothing: 299 for p99; 1 for what is not a percentile."""
        percentile = self.kind.percentile
        return 1 if percentile is None else samples_needed(percentile)

    def holds(self, actual: float) -> bool:
        """Whether an absolute check holds; NaN never does."""
        if self.comparator is None or self.limit is None:
            raise ValueError(f"{self.id} is relative to a baseline and has no limit of its own")
        return COMPARE[self.comparator](actual, self.limit)
