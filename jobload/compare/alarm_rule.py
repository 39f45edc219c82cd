"""What is an alarm when runs are compared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """The confidence is that of all figures of all places together: each has a higher one."""

    percent: float = 10.0
    delta_ms: float = 2.0
    delta_rps: float = 1.0
    confidence_percent: float = 99.0
    seed: int = 0
