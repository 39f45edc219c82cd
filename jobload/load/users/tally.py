"""Samples of one endpoint in one stage on their way into histograms, many at a time.

To record a sample costs a microsecond in all its histograms, to keep it in a list a tenth of that;
and of many together, equal ones are counted in C and cost nothing more.
"""

from __future__ import annotations

from jobload.load.users.locust_feed import LocustFeed
from jobload.measure.histogram import Counts
from jobload.measure.stage_record import EndpointRecord, StageRecord

MOST = 512


class Tally:
    """Of succeeded operations. `service_us` and `ended_s` have one entry for each; `waited` those
    whose lower response time is not their service time, as (service, lower). Without a feed, it is
    of operations that have several requests, each of which is fed by itself."""

    __slots__ = (
        "_feed",
        "ended_s",
        "endpoint",
        "floor_us",
        "label",
        "lag_us",
        "lengths",
        "method",
        "most",
        "service_us",
        "stage",
        "upper_us",
        "waited",
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
        self.floor_us = -1
        """What is no slower is not told by itself."""
        self.most = 1 if feed is not None and feed.is_heard else MOST
        self._empty()

    def _empty(self) -> None:
        self.upper_us: list[int] = []
        self.service_us: list[int] = []
        self.waited: list[tuple[int, int]] = []
        self.lag_us: list[int] = []
        self.ended_s: list[float] = []
        self.lengths: list[int] = []

    def flush(self) -> None:
        if self.lag_us:
            self.stage.read_lag.add(Counts.of(self.lag_us))
        if self.upper_us:
            self._flush_times()
        self._empty()

    def _flush_times(self) -> None:
        endpoint, service = self.endpoint, Counts.of(self.service_us)
        endpoint.response_time.add(Counts.of(self.upper_us))
        endpoint.service_time.add(service)
        if self.waited:
            service = Counts.of(self._lower_us())
        endpoint.response_time_lower.add(service)
        if self._feed is None:
            return
        ms = [us / 1e3 for us in self.service_us]
        self._feed.succeeded(self.method, self.label, ms, self.lengths, self.ended_s)

    def _lower_us(self) -> list[int]:
        lower_us = self.service_us.copy()
        for service, lower in self.waited:
            lower_us.remove(service)
            lower_us.append(lower)
        return lower_us
