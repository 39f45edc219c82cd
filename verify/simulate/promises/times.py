"""Times are the target's own; what the generator adds is in the upper figures alone."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.measure.figures import StageFigures
from jobload.measure.stage_record import EndpointRecord
from verify.simulate.promises.evidence import Evidence

DUE_MEANWHILE = {"even": 6, "poisson": 40}
"""With fewer there may be none in the first half of a pause (seed 210617)."""
LOWER_SLACK_MS = 5.0


def times_agree(all_: Evidence) -> Iterator[str]:
    """Service times are those of the target; without the generator's delay nothing is longer."""
    if all_.status is None:
        return
    for stage in all_.figures.stages:
        upper, lower = stage.overall.response_time, stage.overall.response_time_lower
        for percent in (50.0, 90.0, 100.0):
            low, high = lower.percentile_us(percent), upper.percentile_us(percent)
            if low is not None and high is not None and low > high * 1.002 + 1:
                yield f"{stage.name}: lower p{percent:g} {low:.0f} us is above upper {high:.0f} us"
    stepped = any(event.kind == "step" for event in all_.case.events)
    if all_.status == "INVALID" or stepped or len(all_.case.scenarios) > 1:
        return
    total = all_.figures.total()
    timeout_s = all_.case.scenarios[0].timeout_s
    took_us = sorted(
        a.took_s * 1e6 for a in all_.attempts if a.status == 201 and a.took_s < timeout_s
    )
    if len(took_us) != total.service_time.count:
        return
    told_us, sum_us = total.service_time.sum_us, sum(took_us)
    if abs(told_us - sum_us) > 2 * len(took_us) + 0.001 * sum_us:
        yield f"service times of {told_us / 1e6:.3f} s in all, the target took {sum_us / 1e6:.3f} s"


def owner_is_right(all_: Evidence) -> Iterator[str]:
    """A pause of the generator is in the upper figures, and in none of the lower ones."""
    if (
        all_.status is None
        or not all_.target_is_sound
        or any(s.rate is None for s in all_.case.scenarios)
    ):
        return
    if all_.case.troubles or any(event.kind == "step" for event in all_.case.events):
        return
    longest_ms = (all_.case.usual_s * 1.3 + all_.case.connecting_s) * 1e3
    for scenario in all_.figures.scenarios:
        for stage in scenario.stages if scenario.scenario.arrivals == "even" else ():
            lower = stage.overall.response_time_lower
            if lower.counts and lower.max_us / 1e3 > longest_ms + LOWER_SLACK_MS:
                yield (
                    f"{stage.name}: lower maximum {lower.max_us / 1e3:.1f} ms, and the target took"
                    f" {longest_ms:.1f} ms at most"
                )


def pauses_show(all_: Evidence) -> Iterator[str]:
    """What came due while a process stood still waited for it, and the upper figures say so."""
    if all_.status is None:
        return
    for name, from_s, until_s in all_.outcome.stood_still:
        worker = name if name == "local" else f"{name}_0"
        for scenario in all_.figures.scenarios:
            fewest = DUE_MEANWHILE[scenario.scenario.arrivals]
            for stage in scenario.stages:
                began_s, ended_s = all_.stage_at(stage)
                per_worker = (stage.stage.rate or 0.0) / max(1, len(stage.by_worker))
                within = (
                    began_s + 0.3 < from_s and until_s + 0.3 < ended_s and until_s - from_s < 2.5
                )
                if not within or worker not in stage.by_worker or not stage.stage.judged:
                    continue
                if per_worker * (until_s - from_s) < fewest or len(all_.case.events) > 1:
                    continue
                if not any(a.host == name and began_s <= a.at_s < from_s for a in all_.firsts):
                    continue  # it has no user, where there are fewer than workers
                there = _where_it_was(all_, worker, stage, from_s).key
                told = all_.figures.collector.record_of(worker, there)
                longest_s = _longest_us(told.overall()) / 1e6
                if longest_s < 0.5 * (until_s - from_s):
                    yield (
                        f"{name} stood still for {until_s - from_s:.2f} s in {stage.name}, and its"
                        f" longest response time is {longest_s:.3f} s"
                    )


def _where_it_was(all_: Evidence, worker: str, stage: StageFigures, at_s: float) -> StageFigures:
    """To a worker that has not heard of a stage the one before goes on (seed 221205)."""
    words = all_.outcome.words.get(worker, ())
    heard = [state for heard_s, state in words if heard_s < at_s and state.phase == "load"]
    newest = max(heard, key=lambda state: state.seq, default=None)
    if newest is None:
        return stage
    key = newest.position, newest.stage
    known = (each for each in all_.figures.stages if each.key == key and worker in each.by_worker)
    return next(known, stage)


def _longest_us(times: EndpointRecord) -> int:
    failed = times.unsuccessful
    ended = (times.response_time, failed["failed"].upper, failed["given-up"].upper)
    return max(each.max_us for each in ended)
