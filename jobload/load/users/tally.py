"""Samples of one endpoint in one stage on their way into histograms, many at a time.

To record a sample costs a microsecond in all its histograms, to keep it as it is a twentieth of
that; many together are converted while all that this needs is in the caches, and equal ones are
counted in C.
"""

from __future__ import annotations

from jobload.load.users.locust_feed import LocustFeed
from jobload.measure.duration_counts import Counts
from jobload.measure.stage_record import EndpointRecord, StageRecord

MOST = 256
"""More would not stay in the cache until they are converted."""
Sample = tuple[float, float, float, float, int]
"""When it ended, service time, response time, its lower one, all in s, and the reply's bytes."""


class Tally:
    """`kept` has succeeded operations, `lag_s` how long each reply lay in the kernel (below zero:
    not known). Without a feed, it is of operations that have several requests, each of which is fed
    by itself. Of steps, `started`, `attempts` and `succeeded` are counted here first."""

    __slots__ = (
        "_feed",
        "attempts",
        "endpoint",
        "jobs_s",
        "kept",
        "label",
        "lag_s",
        "method",
        "most",
        "stage",
        "started",
        "succeeded",
        "told_from_s",
    )

    def __init__(
        self,
        stage: StageRecord,
        method: str,
        label: str,
        feed: LocustFeed | None,
        endpoint: EndpointRecord,
        *,
        is_heard: bool,
    ) -> None:
        self.stage = stage
        self.method = method
        self.label = label
        self.endpoint = endpoint
        self._feed = feed
        self.told_from_s = 0.0
        """What is quicker is not told by itself."""
        self.most = 1 if is_heard else MOST
        self.kept: list[Sample] = []
        self.lag_s: list[float] = []
        self.jobs_s: list[tuple[float, float]] = []
        """Completion times of jobs that a poll has followed, and their lower ones."""
        self.started = self.attempts = self.succeeded = 0

    def count(self) -> None:
        """Adds what is counted here to the record."""
        self.endpoint.started += self.started
        self.endpoint.attempts += self.attempts
        self.endpoint.succeeded += self.succeeded
        self.started = self.attempts = self.succeeded = 0

    def flush(self) -> None:
        if self.lag_s:
            lag_us = [int(lag_s * 1e6) for lag_s in self.lag_s if lag_s >= 0.0]
            self.stage.unstamped += len(self.lag_s) - len(lag_us)
            if lag_us:
                self.stage.read_lag.add(Counts.of(lag_us))
            self.lag_s = []
        if self.jobs_s:
            jobs_s, self.jobs_s = self.jobs_s, []
            upper_us = [int(upper_s * 1e6) for upper_s, _ in jobs_s]
            lower_us = [int(min(pair) * 1e6) for pair in jobs_s]
            self.stage.completion.time.add(Counts.of(upper_us))
            self.stage.completion.time_lower.add(Counts.of(lower_us))
        if self.kept:
            kept, self.kept = self.kept, []
            self._flush_times(*zip(*kept, strict=True))

    def _flush_times(
        self,
        ended_s: tuple[float, ...],
        service_s: tuple[float, ...],
        upper_s: tuple[float, ...],
        lower_s: tuple[float, ...],
        lengths: tuple[int, ...],
    ) -> None:
        service_us, upper_us = _us(service_s), _us(upper_s)
        service = lower = Counts.of(service_us)
        if lower_s != service_s:
            lower = Counts.of([min(pair) for pair in zip(upper_us, _us(lower_s), strict=True)])
        self.endpoint.response_time.add(Counts.of(upper_us))
        self.endpoint.service_time.add(service)
        self.endpoint.response_time_lower.add(lower)
        if self._feed is not None:
            ms = [us / 1e3 for us in service_us]
            self._feed.succeeded(self.method, self.label, ms, lengths, ended_s)


def _us(seconds: tuple[float, ...]) -> list[int]:
    return [int(each * 1e6) for each in seconds]
