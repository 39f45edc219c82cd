"""What a generator is asked to do, and what it answers; one line of JSON each."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import Any

PATH = "/api/v1/jobs"


@dataclass(frozen=True, slots=True)
class Load:
    """`rate`: arrivals a second of all users together; None: as fast as they can. `steps`: those of
    a flow; 0: the one fixed request."""

    url: str
    payload_bytes: int
    users: int = 50
    rate: float | None = None
    warm_up_s: float = 0.5
    seconds: float = 1.5
    path: str = PATH
    steps: int = 0

    def line(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def of_line(cls, line: str) -> Load:
        return cls(**json.loads(line))


@dataclass(frozen=True, slots=True)
class Evenness:
    """`deviation`: standard deviation of the starts in 100 ms from what is planned for them."""

    rate_error_percent: float
    deviation: float
    lateness_p50_ms: float
    lateness_p99_ms: float
    lateness_max_ms: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done in the measured stretch, after the warm-up; of a flow its requests, each as an
    operation. `disturbed_percent` says how much
    the machine stood in the way, where that was watched, and `tries` which try this was."""

    operations: int
    failed: int
    wall_s: float
    cpu_s: float
    missed: int = 0
    evenness: Evenness | None = None
    disturbed_percent: float = 0.0
    tries: int = 1

    @property
    def per_s(self) -> float:
        return self.operations / self.wall_s

    @property
    def cpu_us(self) -> float:
        """CPU time per operation."""
        return 1e6 * self.cpu_s / self.operations

    def checked(self, what: str) -> Outcome:
        """A benchmark of failures would be one of something else, so they end it."""
        if self.failed or not self.operations:
            sys.exit(f"{what}: {self.failed} of {self.operations} operations failed")
        return self

    def line(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def of_line(cls, line: str) -> Outcome:
        data: dict[str, Any] = json.loads(line)
        if (evenness := data.pop("evenness", None)) is not None:
            evenness = Evenness(**evenness)
        return cls(**data, evenness=evenness)
