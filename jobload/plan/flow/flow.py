"""The steps of one kind of operation, and how often it is done."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from jobload.plan.flow.step import Step
from jobload.plan.strict_model import StrictModel

Steps = Annotated[tuple[Step, ...], Field(min_length=1, max_length=100, strict=False)]


class Flow(StrictModel):
    weight: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Its share of the operations."""
    steps: Steps
    """The requests of one operation, in their order."""
