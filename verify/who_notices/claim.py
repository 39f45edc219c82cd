"""What a tool says that it saw: as far as it says so, and where its output can be read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    requests: int | None = None
    errors: int | None = None
    p95_ms: float | None = None
    words: str = ""
    """A verdict of its own, beside the exit code."""
