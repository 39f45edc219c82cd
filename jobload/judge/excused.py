"""Arrivals that were not started, for which the target is not to blame.

An arrival waits for want of a free user. Users that the target keeps busy are its doing, or too
few; a user whose reply lay unread in the kernel, or that was not given its turn, was really free.
How much time users really had is known for each second: so many operations, each as long as the
target takes for one, a generator without any delay would have made of it.
"""

from __future__ import annotations

from jobload.measure.figures import StageFigures
from jobload.measure.histogram import Histogram, middle_us
from jobload.measure.stage_record import EndpointRecord, StageRecord


def excused(
    stage: StageFigures, record: StageRecord, overall: EndpointRecord, first_s: int, end_s: int
) -> int:
    """How many of those in `record` that wait or were missed at the end of its seconds."""
    unstarted = record.waiting + record.missed
    if not unstarted or not record.unfinished.counts:
        return 0
    per_operation_us = use_per_operation_us(record, overall, unstarted)
    idle_us = stage.series.idle_us(stage.key, first_s, end_s)
    return min(unstarted, _could_have_started(record.unfinished, idle_us, per_operation_us))


def use_us(record: StageRecord, overall: EndpointRecord) -> int:
    """How long the target kept users."""
    return max(0, overall.service_time.sum_us + record.other_use_us)


def use_per_operation_us(record: StageRecord, overall: EndpointRecord, unstarted: int) -> float:
    begun = overall.finished + max(0, record.unfinished.count - unstarted)
    return max(1.0, use_us(record, overall) / max(1, begun))


def _could_have_started(waits: Histogram, idle_us: list[float], per_operation_us: float) -> int:
    """An arrival can use what was idle after it was planned: those planned last have least to
    choose from, so they come first."""
    room, could = 0.0, 0
    waiting = _by_second(waits)
    for back, idle in enumerate(reversed(idle_us)):
        room += idle / per_operation_us
        taken = min(int(room), waiting.get(back, 0))
        room -= taken
        could += taken
    return could


def _by_second(waits: Histogram) -> dict[int, int]:
    """How many have waited for less than one second, less than two and so on."""
    found: dict[int, int] = {}
    for index, count in waits.counts.items():
        second = int(middle_us(index) // 1e6)
        found[second] = found.get(second, 0) + count
    return found
