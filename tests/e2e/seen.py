"""What came of a run, and what its server saw of it."""

from dataclasses import dataclass
from typing import Any

from e2e.outcome import Outcome


@dataclass(frozen=True)
class Seen:
    outcome: Outcome
    facts: dict[str, Any]
    arrivals_s: list[float]

    @property
    def sent(self) -> int:
        return len(self.arrivals_s)

    def most_per_second(self) -> int:
        """The most requests that came in any second."""
        latest, most = 0, 0
        for first, at_s in enumerate(self.arrivals_s):
            while latest < self.sent and self.arrivals_s[latest] < at_s + 1:
                latest += 1
            most = max(most, latest - first)
        return most

    def most_ahead(self, rate: float) -> float:
        """Of a load of this rate since the first request: what was caught up is not ahead of it."""
        return max(
            count - rate * (at_s - self.arrivals_s[0]) for count, at_s in enumerate(self.arrivals_s)
        )
