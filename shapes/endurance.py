from __future__ import annotations

from typing import ClassVar

from shapes.staged import StagedShape


class Endurance(StagedShape):
    """A ramp and a long hold, watched for drift."""

    abstract: ClassVar[bool] = False
    plays: ClassVar[str | None] = "endurance"
    default: ClassVar[str | None] = "endurance"
