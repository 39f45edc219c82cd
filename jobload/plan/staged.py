"""Stages written out one by one."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from jobload.plan.base import Scenario
from jobload.plan.duration import Duration
from jobload.plan.figures import MAX_USERS, Name, Rate
from jobload.plan.part import Part
from jobload.plan.stage import Stage

UsersOrNone = Annotated[int, Field(ge=0, le=MAX_USERS)]


class StagePlan(Part):
    name: Name
    duration_s: Annotated[Duration, Field(alias="duration")]
    users: UsersOrNone
    """At the end of the stage."""
    users_from: UsersOrNone | None = None
    """At its start, when that differs: the stage is then a ramp."""
    rate: Rate | None = None
    """Arrivals a second of all users together at the stage's larger number; none: closed model."""
    judged: bool | None = None
    """By default holds are judged and ramps are not."""

    def stage(self) -> Stage:
        start = self.users if self.users_from is None else self.users_from
        judged = start == self.users if self.judged is None else self.judged
        per_user = None if self.rate is None else self.rate / max(start, self.users)
        return Stage(self.name, self.duration_s, start, self.users, per_user, judged)

    @model_validator(mode="after")
    def _has_users(self) -> Self:
        if max(self.users, self.users_from or 0) == 0:
            raise ValueError(f"stage {self.name} has no users at all")
        return self


class Staged(Scenario):
    shape: Literal["staged"] = "staged"
    plan: Annotated[
        tuple[StagePlan, ...], Field(alias="stages", min_length=1, max_length=1000, strict=False)
    ]

    def stages(self) -> tuple[Stage, ...]:
        return tuple(part.stage() for part in self.plan)

    def without_rate(self) -> Self:
        plan = tuple(part.model_copy(update={"rate": None}) for part in self.plan)
        return self.model_copy(update={"plan": plan})

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [part.name for part in self.plan]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two stages are called {name}; each needs a name of its own")
        return self

    @model_validator(mode="after")
    def _is_open_or_closed_throughout(self) -> Self:
        without = [part.name for part in self.plan if part.rate is None]
        if 0 < len(without) < len(self.plan):
            raise ValueError(
                f"stage {without[0]} has no rate while others have one; give a rate to all or none"
            )
        return self

    @model_validator(mode="after")
    def _has_something_to_judge(self) -> Self:
        if not any(stage.judged for stage in self.stages()):
            raise ValueError("no stage is judged; give one a constant number of users")
        return self
