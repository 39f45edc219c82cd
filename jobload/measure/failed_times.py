"""How long what did not succeed had lasted when it ended."""

from __future__ import annotations

from typing import Literal

import msgspec

from jobload.measure.histogram import Histogram
from jobload.measure.record import Record

Ending = Literal["failed", "given-up"]
"""Given up: the tester ended it, for want of a reply in time, so it takes longer than that."""


class FailedTimes(Record):
    """From the intended start, with and without the generator's own delay; `service` is that of
    single attempts, those that were tried again included."""

    upper: Histogram = msgspec.field(default_factory=Histogram)
    lower: Histogram = msgspec.field(default_factory=Histogram)
    service: Histogram = msgspec.field(default_factory=Histogram)

    def add(self, upper_us: int, lower_us: int) -> None:
        self.upper.record(upper_us)
        self.lower.record(min(upper_us, lower_us))

    @property
    def count(self) -> int:
        return max(self.upper.count, self.lower.count)


class Unsuccessful(Record):
    """By how it ended: nearly always there is nothing, which then takes no room."""

    by_ending: dict[Ending, FailedTimes] = msgspec.field(default_factory=dict)

    def __getitem__(self, ending: Ending) -> FailedTimes:
        """To be read only."""
        return self.by_ending.get(ending) or FailedTimes()

    def to(self, ending: Ending) -> FailedTimes:
        """To be added to."""
        if (times := self.by_ending.get(ending)) is None:
            times = self.by_ending[ending] = FailedTimes()
        return times
