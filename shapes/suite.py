from __future__ import annotations

from typing import ClassVar

from shapes.staged import StagedShape


class Suite(StagedShape):
    """Scenarios of any kind, one after the other, with a drain between them."""

    abstract: ClassVar[bool] = False
