from __future__ import annotations

from typing import ClassVar

from shapes.staged import StagedShape


class Ramp(StagedShape):
    """A ramp to a number of users, then a hold."""

    abstract: ClassVar[bool] = False
    plays: ClassVar[str | None] = "ramp"
    default: ClassVar[str | None] = "light"
