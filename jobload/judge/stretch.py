"""What a check looks at: stages or windows, of all endpoints or of one, merged into one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from jobload.judge.windows import Window
from jobload.measure.completion import CompletionRecord
from jobload.measure.figures import StageFigures
from jobload.measure.histogram import Histogram


@dataclass(slots=True, eq=False)
class Stretch:
    """`ended_good` and `ended_bad` count by the end of the operation, all else by its start.

    `completion` is known for stages as a whole only.
    """

    seconds: float = 0.0
    offered: int = 0
    missed: int = 0
    started: int = 0
    succeeded: int = 0
    failed: int = 0
    retries: int = 0
    ended_good: int = 0
    ended_bad: int = 0
    response_time: Histogram = field(default_factory=Histogram)
    service_time: Histogram = field(default_factory=Histogram)
    completion: CompletionRecord = field(default_factory=CompletionRecord)

    @property
    def finished(self) -> int:
        return self.succeeded + self.failed

    def add(self, other: Stretch) -> None:
        self.seconds += other.seconds
        self.offered += other.offered
        self.missed += other.missed
        self.started += other.started
        self.succeeded += other.succeeded
        self.failed += other.failed
        self.retries += other.retries
        self.ended_good += other.ended_good
        self.ended_bad += other.ended_bad
        self.response_time.merge(other.response_time)
        self.service_time.merge(other.service_time)
        self.completion.merge(other.completion)


def of_stages(stages: Iterable[StageFigures], endpoint: str | None = None) -> Stretch:
    whole = Stretch()
    for stage in stages:
        whole.seconds += stage.duration_s
        if endpoint is None:
            _add_stage(whole, stage)
        _add_operations(whole, stage, endpoint)
    return whole


def _add_stage(whole: Stretch, stage: StageFigures) -> None:
    whole.offered += stage.record.offered
    whole.missed += stage.record.missed
    whole.ended_good += stage.record.ended_good
    whole.ended_bad += stage.record.ended_bad
    whole.completion.merge(stage.record.completion)


def _add_operations(whole: Stretch, stage: StageFigures, endpoint: str | None) -> None:
    record = stage.overall if endpoint is None else stage.record.endpoints.get(endpoint)
    if record is None:
        return
    whole.started += record.started
    whole.succeeded += record.succeeded
    whole.failed += record.failed
    whole.retries += record.retries
    whole.response_time.merge(record.response_time)
    whole.service_time.merge(record.service_time)
    if endpoint is not None:
        # Ends are counted for a stage as a whole; of an endpoint its operations stand for them.
        whole.ended_good += record.succeeded
        whole.ended_bad += record.failed


def of_window(window: Window) -> Stretch:
    seen = window.figures
    return Stretch(
        seconds=window.seconds,
        offered=seen.offered,
        missed=seen.missed,
        started=seen.started,
        succeeded=seen.succeeded,
        failed=seen.failed,
        retries=seen.retries,
        ended_good=seen.ended_good,
        ended_bad=seen.ended_bad,
        response_time=seen.response_time,
        service_time=seen.service_time,
    )
