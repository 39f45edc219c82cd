"""What a metric says of a stretch, between which bounds, and on how many samples.

Two things can leave a figure open. The generator's own delay: the lower figure is without it, the
upper one with it. And operations that had not ended, or not even begun, when the stretch was over,
or were given up for want of a reply: they are right-censored samples, each takes longer than it has
taken so far.

Errors do not improve latency: an operation that ended in one counts when it had lasted longer than
the limit, and else not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf, isnan
from operator import attrgetter

from jobload.judge.stretches.stretch import Stretch
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.metric import Metric, Statistic
from jobload.measure.duration_counts import MAX_US
from jobload.measure.histogram import Histogram, merged
from jobload.measure.stage_record import EndpointRecord


@dataclass(frozen=True, slots=True)
class Reading:
    """`value` in the unit of the check; None, never NaN, without data.

    The true figure, of which nothing is left to chance, lies between `low` and `high`. `known_high`
    is as high as it is known to be if only the generator had to be doubted: what is unfinished took
    no longer than it had by then.
    """

    value: float | None
    samples: int
    low: float | None
    high: float | None
    known_high: float | None
    unfinished: int = 0
    failed: int = 0

    @classmethod
    def of(cls, value: float | None, samples: int, other: float | None = None) -> Reading:
        """`other` is the figure without the generator's delay, where that is another."""
        if value is None or isnan(value):
            return cls(None, samples, None, None, None)
        low, high = sorted((value, value if other is None else other))
        return cls(value, samples, low, high, high)


def read(spec: CheckSpec, stretch: Stretch) -> Reading:
    metric = spec.kind
    match metric.statistic:
        case "percentile" | "min" | "mean" | "max":
            return _read_times(spec, stretch)
        case "missed":
            missed = stretch.arrivals.missed
            offered = max(stretch.arrivals.offered, missed)
            if spec.unit == "%" and not spec.is_relative:  # no earlier run tells it
                missed -= stretch.just_due
            without = _part(spec, max(0, missed - stretch.excused), offered)
            return Reading.of(_part(spec, missed, offered), offered, without)
        case "abandoned":
            jobs = stretch.arrivals.completion
            return Reading.of(_part(spec, jobs.abandoned, jobs.followed), jobs.followed)
    return _COUNTED[metric.statistic](spec, stretch)


def _part(spec: CheckSpec, part: int, whole: int) -> float | None:
    """As a share or a number, as the check has it."""
    if not whole:
        return None
    return 100 * part / whole if spec.unit == "%" else part


@dataclass(frozen=True, slots=True)
class _Times:
    """With the generator's own delay, or without it."""

    succeeded: Histogram
    unfinished: Histogram
    failed: Histogram
    goes_on: Histogram = field(default_factory=Histogram)
    """Of the unfinished."""

    def known(self) -> Histogram:
        return merged(self.succeeded, self.unfinished, self.failed)

    def at_most(self) -> Histogram:
        never = Histogram()
        if never_ended := self.unfinished.count - self.goes_on.count:
            never.record(MAX_US, never_ended)
        return merged(self.succeeded, never, self.failed, self.goes_on)


def _read_times(spec: CheckSpec, stretch: Stretch) -> Reading:
    metric = spec.kind
    upper, lower = _times(spec, stretch)
    value = _milliseconds(metric, upper.succeeded)
    censored, failed = upper.unfinished.count, upper.failed.count
    if not censored + failed or metric.statistic == "min":
        low = value if lower is upper else _milliseconds(metric, lower.succeeded)
        return Reading.of(value, upper.succeeded.count, low)
    # When none is left that the generator is not to blame for, nothing bounds it from below.
    known_low = _milliseconds(metric, lower.known()) or 0.0
    known_high = _milliseconds(metric, upper.known())
    samples = upper.succeeded.count + censored + failed
    high = known_high
    if metric.statistic != "mean":
        high = _milliseconds(metric, upper.at_most())
    if high == MAX_US / 1e3:
        high = inf
    return Reading(value, samples, known_low, high, known_high, censored, failed)


def _times(spec: CheckSpec, stretch: Stretch) -> tuple[_Times, _Times]:
    """The upper and the lower ones; service times are the target's own."""
    of = spec.kind.of
    done, jobs = stretch.operations, stretch.arrivals.completion
    others = jobs.unsuccessful if of == "completion" else done.unsuccessful
    failed, given_up = others["failed"], others["given-up"]
    if of == "service":
        times = _Times(done.service_time, given_up.service, _too_late(spec, failed.service))
        return times, times
    failed_upper, failed_lower = _too_late(spec, failed.upper), _too_late(spec, failed.lower)
    if of == "completion":
        return (
            _Times(jobs.time, given_up.upper, failed_upper),
            _Times(jobs.time_lower, given_up.lower, failed_lower),
        )
    unfinished = merged(stretch.unfinished, given_up.upper)
    unfinished_lower = merged(stretch.unfinished_lower, given_up.lower)
    ended = done.response_time.count + failed_upper.count
    goes_on = _judged_later(spec, stretch, ended)
    return (
        _Times(done.response_time, unfinished, failed_upper, goes_on),
        _Times(done.response_time_lower, unfinished_lower, failed_lower),
    )


def _judged_later(spec: CheckSpec, stretch: Stretch, ended: int) -> Histogram:
    """What goes on in the next window is judged where it ends; until then it can only breach. Where
    little has ended, a window of a target that stands still would be one that holds."""
    is_enough = spec.is_upper_limit and ended >= spec.min_samples
    return stretch.goes_on if is_enough else Histogram()


def _too_late(spec: CheckSpec, failed: Histogram) -> Histogram:
    """An earlier run to compare with has those that succeeded only."""
    if spec.is_relative or not spec.is_upper_limit:
        return Histogram()
    return failed.where(lambda us: not spec.holds(us / 1e3))


def _milliseconds(metric: Metric, times: Histogram) -> float | None:
    if not times.counts:
        return None
    us: float | None
    match metric.statistic:
        case "min":
            us = times.min_us
        case "max":
            us = times.max_us
        case "mean":
            us = times.mean_us
        case _:
            us = times.percentile_us(metric.percentile or 100)
    return None if us is None else us / 1e3


def _ended(stretch: Stretch) -> int:
    return stretch.arrivals.ended_good + stretch.arrivals.ended_bad


def _per_second(
    count_of: Callable[[Stretch], int],
    done_of: Callable[[Stretch], int] = _ended,
    left_of: Callable[[Stretch], float] = attrgetter("behind"),
) -> Callable[[CheckSpec, Stretch], Reading]:
    """A generator without delay would have had more of them, if users were idle meanwhile. They
    belong to `done_of` operations; `left_of` were there to be done besides."""

    def rate(spec: CheckSpec, stretch: Stretch) -> Reading:
        count, done, seconds = count_of(stretch), done_of(stretch), stretch.seconds
        samples = max(count, done)
        if not seconds > 0:
            return Reading.of(None, samples)
        of_each = count / done if done else 1.0
        judged = count + of_each * _left_to_chance(spec, stretch, done, left_of(stretch))
        could = judged + stretch.could_have_ended * max(1.0, of_each)
        found = Reading.of(judged / seconds, samples, could / seconds)
        return found if spec.is_relative else replace(found, value=count / seconds)

    return rate


def _left_to_chance(spec: CheckSpec, stretch: Stretch, done: int, left: float) -> float:
    """How many more operations it were with just as many arrivals as the rate comes to, if the
    target had done of them as of those that were there, which may have come before. No limit is
    breached for want of them, or for them; two runs are compared by what they would have been."""
    offered, due = stretch.arrivals.offered or done, stretch.due  # an endpoint is offered nothing
    there = done + left
    if spec.is_relative:  # an earlier run does not tell how many were just under way
        there = max(done + stretch.arrivals.waiting + stretch.arrivals.missed, offered)
    share = done / there if there else 1.0
    if spec.is_relative:
        return (due - min(there, offered)) * share
    if not spec.is_upper_limit:
        return max(0.0, due - there) * share
    more = max(0.0, offered - due) + max(0.0, min(done - offered, stretch.just_begun))
    return -max(0.0, min(done - due, more))


def _requests_ended(requests: EndpointRecord) -> int:
    """Each retry has one before it that failed, as each failed operation has a last one."""
    return requests.attempts - requests.censored


def _share(part: float, whole: int) -> Reading:
    return Reading.of(part / whole if whole else None, whole)


_COUNTED: dict[Statistic, Callable[[CheckSpec, Stretch], Reading]] = {
    "throughput": _per_second(_ended),
    "goodput": _per_second(lambda s: s.arrivals.ended_good),
    "request_rate": _per_second(
        lambda s: s.sent,
        lambda s: s.operations.started,
        lambda s: s.arrivals.waiting + s.arrivals.missed,
    ),
    "request_error_rate": lambda _, s: _share(
        100 * (s.requests.retries + s.requests.failed), _requests_ended(s.requests)
    ),
    "error_rate": lambda _, s: _share(100 * s.operations.failed, s.operations.finished),
    "retries": lambda _, s: Reading.of(
        s.operations.retries if s.operations.started else None, s.operations.started
    ),
    "retry_amplification": lambda _, s: _share(
        s.operations.started + s.operations.retries, s.operations.started
    ),
}
