from __future__ import annotations

from typing import ClassVar

from shapes.staged import StagedShape


class StepStress(StagedShape):
    """Step by step more users, until the target breaks."""

    abstract: ClassVar[bool] = False
    plays: ClassVar[str | None] = "step_stress"
    default: ClassVar[str | None] = "stress"
