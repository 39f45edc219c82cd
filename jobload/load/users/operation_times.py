"""Times of somebody's own operations on their way into histograms, many at a time."""

from __future__ import annotations

from jobload.measure.histogram import Counts
from jobload.measure.stage_record import EndpointRecord

MOST_KEPT = 512


class OperationTimes:
    """Of successful operations of one kind in one stage, on their way into its histograms."""

    __slots__ = ("floor_us", "lower_us", "name", "record", "service_us", "upper_us")

    def __init__(self, name: str, record: EndpointRecord) -> None:
        self.name = name
        self.record = record
        self.floor_us = -1
        """What is no slower is not told by itself."""
        self._empty()

    def _empty(self) -> None:
        self.upper_us: list[int] = []
        self.lower_us: list[int] = []
        self.service_us: list[int] = []

    def flush(self) -> None:
        if self.upper_us:
            self.record.response_time.add(Counts.of(self.upper_us))
            self.record.response_time_lower.add(Counts.of(self.lower_us))
            self.record.service_time.add(Counts.of(self.service_us))
            self._empty()
