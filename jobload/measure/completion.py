"""What became of jobs that were followed to their final state."""

from __future__ import annotations

import msgspec

from jobload.measure.error_counts import ErrorCounts
from jobload.measure.failed_times import Unsuccessful
from jobload.measure.histogram import Histogram
from jobload.measure.record import Count, Record


class CompletionRecord(Record):
    """`time` is that of jobs that succeeded, from the intended start of their operation;
    `time_lower` the same without the generator's own delay. `unsuccessful` is that of jobs
    that failed, or were not final when they were given up.

    Abandoned: not final within the scenario's completion timeout, or when the run was stopped;
    `reasons` has each of them once.
    """

    followed: Count = 0
    succeeded: Count = 0
    failed: Count = 0
    abandoned: Count = 0
    polls: Count = 0
    reasons: ErrorCounts = msgspec.field(default_factory=ErrorCounts)
    time: Histogram = msgspec.field(default_factory=Histogram)
    time_lower: Histogram = msgspec.field(default_factory=Histogram)
    unsuccessful: Unsuccessful = msgspec.field(default_factory=Unsuccessful)

    @property
    def in_flight(self) -> int:
        return self.followed - self.succeeded - self.failed - self.abandoned

    def succeed(self, upper_us: int, lower_us: int) -> None:
        self.succeeded += 1
        self.time.record(upper_us)
        self.time_lower.record(min(upper_us, lower_us))

    def fail(self, upper_us: int, lower_us: int) -> None:
        self.failed += 1
        self.unsuccessful.to("failed").add(upper_us, lower_us)

    def abandon(self, reason: str, example: str, count: int = 1) -> None:
        if count:
            self.abandoned += count
            self.reasons.add(reason, example, count)
