"""The figures of a run, put together when it has ended: what judge, report and web read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from jobload.measure.collector import Collector, WorkerView
from jobload.measure.ledger import Audit
from jobload.measure.observed_series import ObservedSeries
from jobload.measure.quiet_stages import Told
from jobload.measure.row_use import SourceFigures
from jobload.measure.series import Series
from jobload.measure.snapshot import StageKey
from jobload.measure.stage_record import EndpointRecord, StageRecord, merged
from jobload.measure.stage_seconds import Row
from jobload.plan.profile import planned_arrivals
from jobload.plan.scenario import Scenario
from jobload.plan.shapes.capacity_search import Search
from jobload.plan.stage import Stage

EndReason = Literal[
    "completed",
    "stopped",
    "sigint",
    "sigterm",
    "sighup",
    "aborted",
    "crashed",
    "no-target",
    "no-workers",
]
SILENT_S = 5.0
"""A process speaks once a second."""


@dataclass(slots=True, eq=False)
class StageFigures:
    """One stage over all processes. `started_s` and `ended_s` are seconds of the run."""

    key: StageKey
    stage: Stage
    started_s: float
    ended_s: float
    record: StageRecord
    overall: EndpointRecord
    series: Series
    by_worker: Mapping[str, Told]
    observed: Mapping[str, ObservedSeries] = field(default_factory=dict)
    """Of the run, by name."""

    @property
    def name(self) -> str:
        return self.stage.name

    @property
    def duration_s(self) -> float:
        return self.ended_s - self.started_s

    @property
    def planned(self) -> float | None:
        """Arrivals that the plan has for it, however long it ran; None without a rate."""
        return planned_arrivals(self.stage)

    @property
    def throughput_rps(self) -> float | None:
        """Operations, good or bad, that ended within the stage, per second."""
        return self._per_second(self.record.ended_good + self.record.ended_bad)

    @property
    def goodput_rps(self) -> float | None:
        return self._per_second(self.record.ended_good)

    @property
    def error_rate_percent(self) -> float | None:
        """Failed of all finished operations; None when nothing has finished."""
        finished = self.overall.finished
        return 100 * self.overall.failed / finished if finished else None

    def window(self, first_s: int, length_s: int | None) -> StageRecord:
        """What ended within whole seconds of the run, counted from its start; without a length,
        all that came after too."""
        return self.series.window(self.key, first_s, length_s)

    def offered_in(self, second: int) -> int:
        """A whole second of the run."""
        return self.series.offered(self.key, second)

    @property
    def seconds_of_run(self) -> tuple[int, int]:
        """The whole seconds nearest to it, the last not included."""
        return round(self.started_s), round(self.ended_s)

    def rows(self) -> list[Row]:
        """The seconds in which something of it happened, those after its end included."""
        return self.series.rows(self.key)

    def _per_second(self, count: int) -> float | None:
        return count / self.duration_s if self.duration_s > 0 else None


@dataclass(slots=True, eq=False)
class ScenarioFigures:
    """`ended_early` says in one sentence why the scenario did not run to its end, if so; `ended_by`
    is the id of the check whose breach ended it, `search` where that for its capacity stands."""

    position: int
    repetition: int
    scenario: Scenario
    stages: list[StageFigures]
    ended_early: str | None = None
    ended_by: str | None = None
    audit: Audit | None = None
    search: Search | None = None

    @property
    def name(self) -> str:
        return self.scenario.name

    @property
    def title(self) -> str:
        """Its name, and which of several times it is."""
        return self.name + (f" (repetition {self.repetition})" if self.repetition > 1 else "")

    @property
    def judged_stages(self) -> list[StageFigures]:
        return [s for s in self.stages if s.stage.judged]

    def stage(self, name: str) -> StageFigures | None:
        return next((s for s in self.stages if s.name == name), None)


@dataclass(slots=True, eq=False)
class RunFigures:
    """`crashes` are exceptions in the process that leads, one sentence each; others tell theirs."""

    run_id: str
    started_at: str
    duration_s: float
    host: str
    mode: Literal["local", "distributed"]
    end_reason: EndReason
    end_detail: str
    collector: Collector
    scenarios: list[ScenarioFigures]
    profile_only: bool = False
    crashes: list[str] = field(default_factory=list)
    rows: list[SourceFigures] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What else there is to say, and no part of the verdict."""
    observed: Mapping[str, ObservedSeries] = field(default_factory=dict)

    @property
    def workers(self) -> list[WorkerView]:
        return list(self.collector.workers.values())

    @property
    def stages(self) -> list[StageFigures]:
        return [stage for scenario in self.scenarios for stage in scenario.stages]

    @property
    def told_until_s(self) -> float:
        """Up to here it is known what is done: by all but who has said its last word, or is silent
        for longer than others."""
        heard_s = [worker.heard_s for worker in self._with_more_to_tell]
        newest_s = max(heard_s, default=self.duration_s)
        silent_s = min(newest_s, self.duration_s - SILENT_S)
        return min((at_s for at_s in heard_s if at_s >= silent_s), default=newest_s)

    @property
    def complete_until_s(self) -> float:
        """Up to here nothing more can come, not even of who is silent."""
        told_s = (worker.told_until_s for worker in self._with_more_to_tell)
        return min(told_s, default=self.duration_s)

    @property
    def _with_more_to_tell(self) -> list[WorkerView]:
        return [worker for worker in self.workers if not (worker.lost or worker.final)]

    def total(self) -> EndpointRecord:
        return merged(stage.overall for stage in self.stages)


def stage_figures(
    collector: Collector,
    key: StageKey,
    stage: Stage,
    started_s: float,
    ended_s: float,
    observed: Mapping[str, ObservedSeries] | None = None,
) -> StageFigures:
    record = collector.stage(key)
    return StageFigures(
        key=key,
        stage=stage,
        started_s=started_s,
        ended_s=ended_s,
        record=record,
        overall=record.overall(),
        series=collector.series,
        by_worker={
            worker.id: told
            for worker in collector.workers.values()
            if (told := worker.told(key)) is not None
        },
        observed=observed or {},
    )
