"""What a check looks at: stages or windows, of all endpoints or of one, merged into one."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from jobload.judge.stretches.excused import could_have_ended, excused, just_due
from jobload.judge.stretches.windows import Window
from jobload.measure.figures import StageFigures
from jobload.measure.histogram import Histogram
from jobload.measure.record import Count, Record, Seconds
from jobload.measure.stage_record import EndpointRecord, StageRecord
from jobload.plan.profile import mean_users

NOTABLE_SHARE, NOTABLE = 0.1, 2.0
"""So many arrivals fewer than planned are more than users that come or go a moment later."""
RAN_TO_ITS_END = 0.98
"""While a stage runs, what it offered last is still to be told of."""


class Stretch(Record):
    """`excused` are unfinished operations that only the generator's own delay kept from being
    started; `unfinished_lower` is without them. Of the completion of jobs, stages as a whole know.
    """

    seconds: Seconds = 0.0
    closed_s: Seconds = 0.0
    """Of `seconds`, those without an arrival rate."""
    arrivals: StageRecord = msgspec.field(default_factory=StageRecord)
    operations: EndpointRecord = msgspec.field(default_factory=EndpointRecord)
    requests: EndpointRecord = msgspec.field(default_factory=EndpointRecord)
    excused: Count = 0
    just_due: Count = 0
    """Of the missed."""
    could_have_ended: Count = 0
    """Besides those that did, had the generator itself never been late."""
    unfinished_lower: Histogram = msgspec.field(default_factory=Histogram)
    goes_on: Histogram = msgspec.field(default_factory=Histogram)
    """Of the unfinished, what ends in a later window."""

    @property
    def unfinished(self) -> Histogram:
        return self.arrivals.unfinished


def of_stages(stages: Iterable[StageFigures], endpoint: str | None = None) -> Stretch:
    """To be read only: of a single stage these are its own records."""
    parts = [_of_stage(stage, endpoint) for stage in stages]
    if len(parts) == 1:
        return parts[0]
    whole = Stretch()
    for part in parts:
        whole.merge(part)
    return whole


def _of_stage(stage: StageFigures, endpoint: str | None) -> Stretch:
    """Ends and what is unfinished are known for a stage as a whole, so for its only endpoint too;
    of one of several its own operations stand for them."""
    record = stage.record
    is_only = {*record.endpoints, *record.flows} == {endpoint} and endpoint not in record.steps
    if endpoint is None or is_only:
        free = excused(record, stage.overall)
        return Stretch(
            seconds=stage.duration_s,
            closed_s=_closed_s(stage, stage.duration_s),
            arrivals=without_endpoints(record),
            operations=stage.overall,
            requests=record.requests(),
            excused=free,
            just_due=just_due(stage),
            could_have_ended=could_have_ended(record, stage.overall) + _never_offered_in(stage),
            unfinished_lower=record.unfinished_lower.without_highest(free),
        )
    found = record.requests_to(endpoint) or EndpointRecord()
    return Stretch(
        seconds=stage.duration_s,
        arrivals=StageRecord(ended_good=found.succeeded, ended_bad=found.failed),
        operations=found,
        requests=found,
    )


def of_window(window: Window) -> Stretch:
    record, overall = window.record, window.overall
    free = excused(record, overall)
    return Stretch(
        seconds=window.seconds,
        closed_s=_closed_s(window.stage, window.seconds),
        arrivals=without_endpoints(record),
        operations=overall,
        requests=record.requests(),
        excused=free,
        could_have_ended=could_have_ended(record, overall)
        + _displaced(window)
        + _never_offered(window.stage, record, window.first_s, window.end_s),
        unfinished_lower=record.unfinished_lower.without_highest(free),
        goes_on=Histogram() if window.is_last else record.unfinished,
    )


def _displaced(window: Window) -> int:
    """Operations that the generator began in a later window."""
    displaced = window.stage.record.displaced
    return max(0, sum(displaced.get(s, 0) for s in range(window.first_s, window.end_s)))


def _never_offered_in(stage: StageFigures) -> int:
    if stage.duration_s < RAN_TO_ITS_END * stage.stage.duration_s:
        return 0
    return _never_offered(stage, stage.record, stage.started_s, stage.ended_s)


def _never_offered(stage: StageFigures, record: StageRecord, from_s: float, until_s: float) -> int:
    """By the plan alone, for whatever a target does, arrivals are offered. A process that stands
    still as a stage begins is late to begin it."""
    if (per_user := stage.stage.rate_per_user) is None:
        return 0
    begin_s = max(0.0, from_s - stage.started_s)
    end_s = max(begin_s, min(until_s, stage.ended_s) - stage.started_s)
    planned = per_user * mean_users((stage.stage,), begin_s, end_s) * (end_s - begin_s)
    short = planned - record.offered
    return int(short) if short > max(NOTABLE, NOTABLE_SHARE * planned) else 0


def _closed_s(stage: StageFigures, seconds: float) -> float:
    return seconds if stage.stage.rate_per_user is None else 0.0


def without_endpoints(record: StageRecord) -> StageRecord:
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    return StageRecord(**{**fields, "endpoints": {}, "flows": {}, "steps": {}})
