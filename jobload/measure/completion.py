"""What became of jobs that were followed to their final state."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobload.measure.error_counts import ErrorCounts
from jobload.measure.histogram import Histogram


@dataclass(slots=True, eq=False)
class CompletionRecord:
    """`time` is that of jobs that succeeded, from the intended start of their operation.

    Abandoned: not final within the scenario's completion timeout, or when the run was stopped;
    `reasons` has each of them once.
    """

    followed: int = 0
    succeeded: int = 0
    failed: int = 0
    abandoned: int = 0
    polls: int = 0
    reasons: ErrorCounts = field(default_factory=ErrorCounts)
    time: Histogram = field(default_factory=Histogram)

    @property
    def in_flight(self) -> int:
        return self.followed - self.succeeded - self.failed - self.abandoned

    def abandon(self, reason: str, example: str, count: int = 1) -> None:
        if count:
            self.abandoned += count
            self.reasons.add(reason, example, count)

    def merge(self, other: CompletionRecord) -> None:
        self.followed += other.followed
        self.succeeded += other.succeeded
        self.failed += other.failed
        self.abandoned += other.abandoned
        self.polls += other.polls
        self.reasons.merge(other.reasons)
        self.time.merge(other.time)
