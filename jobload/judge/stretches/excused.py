"""Arrivals that were not started, for which the target is not to blame.

An arrival waits for want of a free user. Users that the target keeps busy are its doing, or too
few; a user whose reply lay unread in the kernel, or that was not given its turn, was really free.
By how much each is behind its own course without any such delay is known when a stage ends, and
each second of it: in that time they would have started so many more, each as long as the target
takes for one.
"""

from __future__ import annotations

from jobload.measure.figures import StageFigures
from jobload.measure.stage_record import EndpointRecord, StageRecord

OPERATIONS = 2


def excused(record: StageRecord, overall: EndpointRecord) -> int:
    """How many of those in `record` that wait or were missed at the end of its seconds."""
    return min(record.waiting + record.missed, could_have_ended(record, overall))


def could_have_ended(record: StageRecord, overall: EndpointRecord) -> int:
    """How many of those, of what is in flight, and of what has ended since."""
    unstarted = record.waiting + record.missed
    could = int(record.behind_us / use_per_operation_us(record, overall, unstarted))
    unended = record.offered - record.ended_good - record.ended_bad
    return min(max(unstarted, record.unfinished.count, unended), could)


def just_due(stage: StageFigures) -> int:
    """Of those missed, one in each process that had waited for less than two operations take when
    the stage ended: arrivals at random come in groups, and nobody was late for it yet."""
    record, times = stage.record, stage.overall.service_time
    if stage.stage.rate_per_user is None or not record.missed or not times.counts:
        return 0
    usual_us = times.percentile_us(50) or 0.0
    cut_short = record.unfinished.where(lambda us: us < OPERATIONS * usual_us)
    return min(record.missed, cut_short.count, len(stage.by_worker))


def answered_nothing(stage: StageFigures) -> bool:
    """The target, in all of the stage, to those that waited for it."""
    return bool(stage.record.missed) and not stage.overall.finished and keeps_all_waiting(stage)


def keeps_all_waiting(stage: StageFigures) -> bool:
    """Arrivals came, and no user was free for them, by the target's doing; or without a rate, the
    target kept the users for most of the time that they were there."""
    record, overall = stage.record, stage.overall
    if stage.stage.rate_per_user is None:
        return 0 < record.user_us < 2 * use_us(record, overall)
    return record.missed > excused(record, overall)


def use_us(record: StageRecord, overall: EndpointRecord) -> int:
    """How long the target kept users."""
    return max(0, overall.service_time.sum_us + record.other_use_us)


def use_per_operation_us(record: StageRecord, overall: EndpointRecord, unstarted: int) -> float:
    begun = overall.finished + max(0, record.unfinished.count - unstarted)
    return max(1.0, use_us(record, overall) / max(1, begun))


def usual_s(record: StageRecord, overall: EndpointRecord) -> float:
    """From its start to its end, pauses included; some must have finished."""
    paused_us = record.paused_us / overall.finished if overall.finished else 0.0
    unstarted = record.waiting + record.missed
    return (use_per_operation_us(record, overall, unstarted) + paused_us) / 1e6


def answered_s(record: StageRecord, overall: EndpointRecord) -> float:
    """How long those took that the target answered, from when they were due, pauses included; of
    one that answers nothing, nothing is usual."""
    failed = overall.unsuccessful["failed"].upper
    answered = overall.response_time.count + failed.count
    if not answered:
        return 0.0
    paused_us = record.paused_us / max(1, overall.finished)
    return ((overall.response_time.sum_us + failed.sum_us) / answered + paused_us) / 1e6
