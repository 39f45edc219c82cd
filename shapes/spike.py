from __future__ import annotations

from typing import ClassVar

from shapes.staged import StagedShape


class Spike(StagedShape):
    """A baseline, a sudden peak, and the recovery from it."""

    abstract: ClassVar[bool] = False
    plays: ClassVar[str | None] = "spike"
    default: ClassVar[str | None] = "spike"
