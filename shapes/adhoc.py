from __future__ import annotations

from typing import ClassVar

from shapes.staged import StagedShape


class AdHoc(StagedShape):
    """Locust's own users, spawn rate and run time, plus an arrival rate."""

    abstract: ClassVar[bool] = False
    plays: ClassVar[str | None] = "adhoc"
    default: ClassVar[str | None] = "adhoc"
