from __future__ import annotations

from typing import ClassVar

from jobload.load.staged_shape import StagedShape


class AnyScenario(StagedShape):
    """For locustfiles that name no shape of ours: whatever scenario is asked for."""

    abstract: ClassVar[bool] = True
    default: ClassVar[str | None] = "light"
