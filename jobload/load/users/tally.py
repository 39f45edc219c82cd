"""Samples of one endpoint in one stage on their way into histograms, counted by the microsecond.

Most durations come again within a second, and what is equal goes into all histograms at once.
"""

from __future__ import annotations

from time import perf_counter, time
from typing import Final

from jobload.load.users.locust_feed import LocustFeed
from jobload.measure.duration_counts import MOST_DIFFERENT, Counts
from jobload.measure.stage_record import EndpointRecord, StageRecord

NEVER: Final = float("inf")


class Tally:
    """Without a feed, it is of operations that have several requests, each of which is fed by
    itself. `started`, `attempts`, `succeeded` and `ended_good` are counted here first."""

    __slots__ = (
        "_completion_lower_us",
        "_completion_us",
        "_ended_s",
        "_feed",
        "_is_heard",
        "_lag_us",
        "_length",
        "_lower_us",
        "_plain_us",
        "_second_ends_s",
        "_service_us",
        "_upper_us",
        "attempts",
        "ended_good",
        "endpoint",
        "label",
        "method",
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
    ) -> None:
        self.stage = stage
        self.method = method
        self.label = label
        self.endpoint = endpoint
        self._feed = feed
        self._is_heard = False
        self.told_from_s = 0.0
        """What is quicker is not told by itself."""
        self.started = self.attempts = self.succeeded = self.ended_good = 0
        self._second_ends_s = NEVER if feed is None else 0.0
        self._ended_s = 0.0
        self._length = 0
        self._upper_us: dict[int, int] = {}
        self._plain_us: dict[int, int] = {}
        """Service times that are lower figures as well."""
        self._service_us: dict[int, int] = {}
        self._lower_us: dict[int, int] = {}
        self._lag_us: dict[int, int] = {}
        self._completion_us: dict[int, int] = {}
        self._completion_lower_us: dict[int, int] = {}

    def add(
        self, ended_s: float, service_s: float, upper_s: float, lower_s: float, length: int
    ) -> bool:
        """An operation that has succeeded: when it ended, its service time, its response time, its
        lower one, and the reply's bytes. Whether to flush, when all else of it is counted: whoever
        hears of it may let others go on."""
        if ended_s >= self._second_ends_s:
            self._begin_second(ended_s)
        self._ended_s = ended_s
        self._length += length
        upper_us, service_us = int(upper_s * 1e6), int(service_s * 1e6)
        counts = self._upper_us
        counts[upper_us] = counts.get(upper_us, 0) + 1
        if lower_s == service_s:
            counts = self._plain_us
            counts[service_us] = counts.get(service_us, 0) + 1
        else:
            count(self._service_us, service_us)
            count(self._lower_us, min(upper_us, int(lower_s * 1e6)))
        return self._is_heard or len(self._upper_us) >= MOST_DIFFERENT

    def add_lag(self, lag_s: float) -> None:
        """How long a reply lay in the kernel; below zero: not known."""
        lag_us, counts = int(lag_s * 1e6), self._lag_us
        counts[lag_us] = counts.get(lag_us, 0) + 1

    def add_completion(self, upper_s: float, lower_s: float) -> None:
        """Of a job that a poll has followed."""
        upper_us = int(upper_s * 1e6)
        count(self._completion_us, upper_us)
        count(self._completion_lower_us, min(upper_us, int(lower_s * 1e6)))

    def count(self) -> None:
        """Adds what is counted here to the record."""
        self.endpoint.started += self.started
        self.endpoint.attempts += self.attempts
        self.endpoint.succeeded += self.succeeded
        self.stage.ended_good += self.ended_good
        self.started = self.attempts = self.succeeded = self.ended_good = 0

    def flush(self) -> None:
        if self._lag_us:
            lag_us, self._lag_us = self._lag_us, {}
            self._flush_lag(lag_us)
        if self._completion_us:
            self.stage.completion.time.add(Counts.of(self._completion_us))
            self.stage.completion.time_lower.add(Counts.of(self._completion_lower_us))
            self._completion_us, self._completion_lower_us = {}, {}
        if self._upper_us:
            self.endpoint.response_time.add(Counts.of(self._upper_us))
            self._upper_us = {}
            self._flush_service()

    def _flush_lag(self, lag_us: dict[int, int]) -> None:
        for us in [us for us in lag_us if us < 0]:
            self.stage.unstamped += lag_us.pop(us)
        if lag_us:
            self.stage.read_lag.add(Counts.of(lag_us))

    def _flush_service(self) -> None:
        plain_us, self._plain_us = self._plain_us, {}
        service_us, self._service_us = self._service_us, {}
        lower_us, self._lower_us = self._lower_us, {}
        length, self._length = self._length, 0
        if plain_us:
            counted = Counts.of(plain_us)
            self.endpoint.service_time.add(counted)
            self.endpoint.response_time_lower.add(counted)
        if service_us:
            self.endpoint.service_time.add(Counts.of(service_us))
            self.endpoint.response_time_lower.add(Counts.of(lower_us))
        if self._feed is None:
            return
        for us in (plain_us, service_us):
            if us:
                self._feed.succeeded(self.method, self.label, us, length, self._ended_s)
                length = 0

    def _begin_second(self, ended_s: float) -> None:
        """Locust has its figures by the second of the wall clock."""
        assert self._feed is not None
        self._feed.begin(self.method, self.label)
        self._is_heard = self._feed.is_heard
        if not self._is_heard:
            self.flush()
        since_s = time() - perf_counter()
        self._second_ends_s = int(ended_s + since_s) + 1 - since_s


def count(counts: dict[int, int], us: int) -> None:
    counts[us] = counts.get(us, 0) + 1
