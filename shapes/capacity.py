from __future__ import annotations

from typing import ClassVar

from shapes.staged import StagedShape


class Capacity(StagedShape):
    """A search for the highest rate that the target can take."""

    abstract: ClassVar[bool] = False
    plays: ClassVar[str | None] = "capacity"
    default: ClassVar[str | None] = "capacity"
