"""More users step by step, until the target breaks or the steps run out."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field

from jobload.plan.duration import Duration, DurationOrZero, format_duration
from jobload.plan.field_types import Rate, Users
from jobload.plan.scenario_fields import Question, Scenario
from jobload.plan.stage import Stage, hold, ramp


def _check_rising(levels: tuple[int, ...]) -> tuple[int, ...]:
    for before, after in pairwise(levels):
        if after <= before:
            raise ValueError(
                f"each step needs more users than the one before, but {before} is followed"
                f" by {after}"
            )
    return levels


Levels = Annotated[
    tuple[Users, ...], Field(min_length=1, strict=False), AfterValidator(_check_rising)
]


class StepStress(Scenario):
    asks: ClassVar[Question] = "breaking point"
    shape: Literal["step_stress"] = "step_stress"
    users: Levels
    """How many operations may be in flight at once, in each step."""
    rate_per_user: Rate | None = None
    """Arrivals a second of each user; none: closed model."""
    step_s: Annotated[Duration, Field(alias="step")]
    """Length of each step; includes its ramp."""
    ramp_up_s: Annotated[DurationOrZero, Field(alias="ramp_up")] = 0.0
    """How long users grow at the start of each step."""

    def stages(self) -> tuple[Stage, ...]:
        return tuple(
            stage
            for before, level in pairwise((0, *self.users))
            for stage in self._step(before, level)
        )

    def without_rate(self) -> Self:
        return self.model_copy(update={"rate_per_user": None})

    def _step(self, before: int, level: int) -> tuple[Stage, ...]:
        rate = None if self.rate_per_user is None else self.rate_per_user * level
        return (
            *ramp(f"ramp-{level}", self.ramp_up_s, (before, level), rate),
            hold(f"step-{level}", self.step_s - self.ramp_up_s, level, rate),
        )

    def contradictions(self) -> Iterator[tuple[str, str]]:
        if self.ramp_up_s >= self.step_s:
            yield (
                "ramp_up",
                f"the ramp of {format_duration(self.ramp_up_s)} leaves nothing of the step"
                f" of {format_duration(self.step_s)}, which includes it",
            )
