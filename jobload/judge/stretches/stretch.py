"""What a check looks at: stages or windows, of all endpoints or of one, merged into one."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, sqrt

import msgspec
from msgspec.structs import replace

from jobload.judge.stretches.excused import (
    could_have_ended,
    excused,
    just_due,
    use_per_operation_us,
    use_us,
)
from jobload.judge.stretches.under_way import CHANCE, Usual, most_under_way, usual
from jobload.judge.stretches.windows import Window, last_second
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
    arrivals: StageRecord = msgspec.field(default_factory=StageRecord)
    operations: EndpointRecord = msgspec.field(default_factory=EndpointRecord)
    requests: EndpointRecord = msgspec.field(default_factory=EndpointRecord)
    sent: Count = 0
    """Requests: those of a stage are of the operations that are of it, those of a window whatever
    was sent in it."""
    excused: Count = 0
    just_due: Count = 0
    """Of the missed."""
    could_have_ended: Count = 0
    """Besides those that did, had the generator itself never been late."""
    due: float = 0.0
    """Arrivals that the rate comes to; at random, and rounded by each process, more or fewer are
    offered. Of an endpoint, of which nobody knows that, in proportion to those that ended."""
    just_begun: float = 0.0
    """So many may wait or be under way at any time by chance; none without a rate."""
    behind: float = 0.0
    """More than those did at its end."""
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
    of one of several its own operations stand for them, and it has its share of the rest."""
    record, overall = stage.record, stage.overall
    left = _last_second_of(stage)
    seen = _seen(stage, record, overall, stage.duration_s, left, stage.ended_s)
    seen.just_due = just_due(stage)
    seen.could_have_ended += _never_offered_in(stage)
    is_only = {*record.endpoints, *record.flows} == {endpoint} and endpoint not in record.steps
    if endpoint is None or is_only:
        return seen
    found = record.requests_to(endpoint) or EndpointRecord()
    return Stretch(
        seconds=stage.duration_s,
        arrivals=StageRecord(ended_good=found.succeeded, ended_bad=found.failed),
        operations=found,
        requests=found,
        sent=found.attempts,
        could_have_ended=ceil(seen.could_have_ended * found.finished / max(1, overall.finished)),
        due=found.finished * seen.due / max(1, record.offered),
    )


def _seen(
    stage: StageFigures,
    record: StageRecord,
    overall: EndpointRecord,
    seconds: float,
    left: StageRecord | None,
    end_s: float,
) -> Stretch:
    """`left` is how its last second left it: of a stage that is over most has ended since. None:
    whoever asks wants nothing of what is left to chance."""
    free, by_rate = excused(record, overall), due(stage, record)
    begun = behind = 0.0
    if left is not None:
        took = None if stage.stage.rate_per_user is None else usual(stage)
        begun = _just_begun(by_rate, seconds, took)
        behind = _behind(stage, record, left, took, end_s)
    requests = record.requests()
    return Stretch(
        seconds=seconds,
        arrivals=without_endpoints(record),
        operations=overall,
        requests=requests,
        sent=requests.attempts,
        excused=free,
        could_have_ended=_could_have_ended(stage, record, overall),
        due=by_rate,
        just_begun=begun,
        behind=behind,
        unfinished_lower=record.unfinished_lower.without_highest(free),
    )


def _could_have_ended(stage: StageFigures, record: StageRecord, overall: EndpointRecord) -> int:
    """Besides those that did: without a rate, all that the idle time of users had room for."""
    if stage.stage.rate_per_user is None and overall.finished:
        idle_us = max(0, record.user_us - use_us(record, overall))
        return int(idle_us / use_per_operation_us(record, overall, 0))
    return could_have_ended(record, overall)


def of_window(window: Window, *, for_rates: bool = True) -> Stretch:
    """What is left to chance is of rates alone, and read from the beginning of the stage."""
    stage, record = window.stage, window.record
    left = None
    if for_rates:
        left = _last_second_of(stage) if window.is_last else record
    end_s = stage.ended_s if window.is_last else window.end_s
    seen = _seen(stage, record, window.overall, window.seconds, left, end_s)
    seen.sent += record.carried
    seen.could_have_ended += _displaced(window)
    seen.could_have_ended += _never_offered(stage, record, window.first_s, window.end_s)
    if not window.is_last:
        seen.goes_on = record.unfinished
    return seen


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
    short = planned - due(stage, record)
    return int(short) if short > max(NOTABLE, NOTABLE_SHARE * planned) else 0


def due(stage: StageFigures, record: StageRecord) -> float:
    """By the rate, for as long as users were there."""
    per_user = stage.stage.rate_per_user
    return record.offered if per_user is None else per_user * record.user_us / 1e6


def _just_begun(by_rate: float, seconds: float, usual: Usual | None) -> float:
    """By Little's law."""
    if usual is None or not seconds:
        return 0.0
    under_way = by_rate / seconds * usual.mean_s
    return max(1.0, under_way + CHANCE * sqrt(under_way))


def _behind(
    stage: StageFigures, record: StageRecord, left: StageRecord, usual: Usual | None, end_s: float
) -> float:
    """Without a rate, users begin as they end, and none of it is chance."""
    not_ended = record.offered - record.ended_good - record.ended_bad
    if usual is None:
        return max(0.0, left.unfinished.count, not_ended)
    left_s = min(end_s, last_second(stage))
    behind = left.unfinished.count - most_under_way(stage, usual, left_s)
    return max(0.0, behind, not_ended - most_under_way(stage, usual, end_s))


def _last_second_of(stage: StageFigures) -> StageRecord:
    return stage.window(last_second(stage) - 1, 1)


def without_endpoints(record: StageRecord) -> StageRecord:
    return replace(record, endpoints={}, flows={}, steps={})
